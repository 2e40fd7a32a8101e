"""How long a formula takes to be typeset, told from its LaTeX: what is nested is laid out again and again."""

from __future__ import annotations

import re
from functools import lru_cache

# What is laid out to typeset a formula: the parts of fractions, powers and roots twice, those of cases four times.
_LAID_OUT = re.compile(
    r"\\begin\{\w+\}|\\end\{\w+\}|\\(?:text|mathrm|left|right|frac)\b|\\[a-zA-Z]+|\\.|\s|.", re.DOTALL
)
_NONE = frozenset((r"\text", r"\mathrm", r"\left", r"\right", r"\frac", "^", "_", "&"))
_TWICE, _IN_CASES = 2, 4
# In milliseconds or less: a formula that takes longer is shown as text. Each level of nesting doubles what it takes.
MOST_COST = 4000


@lru_cache(maxsize=4096)
def cost(latex: str) -> int:
    """Return about how long a formula takes to be typeset for the first time: glyphs, as often as each is laid out."""
    total, often, before = 0, 1, [1]
    for token in _LAID_OUT.findall(latex):
        if token == "{" or token.startswith(r"\begin"):
            before.append(often)
            often = min(often * (_IN_CASES if len(token) > 1 else _TWICE), MOST_COST)
        elif token == "}" or token.startswith(r"\end"):
            often = before.pop() if len(before) > 1 else 1
        elif token not in _NONE and not token.isspace():
            total += often * (len(token) - 1 if len(token) > len(r"\x") else 1)
    return total
