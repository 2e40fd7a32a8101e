r"""LaTeX to one line of plain Unicode text, for terminals, tooltips and accessible names.

It reads what this layer and the tables write: `\frac{1}{1+e^{-z^{(1)}_1}}` becomes `1/(1 + e^(−z₁⁽¹⁾))`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial

# Words above a symbol, which stand in front of it in a line of text.
_MARKS = re.compile(r"(?:(?:new|clipped|decayed|mean) ?)+$")
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
SUBSCRIPTS = dict(zip("0123456789+-−=()aehijklmnopstux", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚₛₜᵤₓ", strict=True))
SUPERSCRIPTS = dict(zip("0123456789+-−=()nᵀ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿᵀ", strict=True))
_ACCENTS = {r"\hat": "\u0302", r"\tilde": "\u0303", r"\bar": "\u0304"}
SIGNS_OF_LATEX = {
    r"\cdot": "·", r"\times": "·", r"\cdots": "…", r"\ldots": "…", r"\infty": "∞", r"\partial": "∂",
    r"\top": "ᵀ", r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\delta": "δ", r"\Delta": "Δ",
    r"\epsilon": "ε", r"\varepsilon": "ε", r"\zeta": "ζ", r"\eta": "η", r"\theta": "θ", r"\iota": "ι",
    r"\kappa": "κ", r"\lambda": "λ", r"\mu": "μ", r"\nu": "ν", r"\xi": "ξ", r"\pi": "π", r"\rho": "ρ",
    r"\sigma": "σ", r"\tau": "τ", r"\upsilon": "υ", r"\Phi": "Φ", r"\phi": "φ", r"\chi": "χ", r"\psi": "ψ",
    r"\omega": "ω",
    r"\left": "", r"\right": "", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\Pi": "Π", r"\lVert": "‖", r"\rVert": "‖",
    r"\lvert": "|", r"\rvert": "|", r"\ddots": "⋱", r"\vdots": "⋮",
    r"\{": "{", r"\}": "}", r"\!": "", r"\ ": " ",
}  # fmt: skip
_BINARY = {
    "+": "+", "-": "−", "=": "=", "<": "<", ">": ">",
    r"\leq": "≤", r"\le": "≤", r"\geq": "≥", r"\ge": "≥", r"\neq": "≠", r"\odot": "⊙",
}  # fmt: skip
# An index that is worked out: of the class that a target names.
_PLACE = re.compile(r"[^=≠<>:]* \+ [^=≠<>:]*")
_SPACES = {r"\,", r"\;", r"\:", r"\quad"}
_VERBATIM = {r"\text", r"\mathrm", r"\operatorname"}
_ENDS = {"}", "&", r"\\", r"\end"}
_STYLES = {r"\mathbf", r"\mathbb", r"\boldsymbol", r"\mathit"}


# The names of a deep network's values are asked for with every edit of it.
@lru_cache(maxsize=8192)
def latex_to_text(latex: str) -> str:
    r"""Return one line of Unicode text for a formula; `\text{new}` above a symbol becomes a word in front of it.

    What a person has left open is taken to end where the formula does.
    """
    return _Reader(_TOKEN.findall(latex)).sequence().strip()


class _Reader:
    """Reads tokens from left to right; each method returns the text of what it has read."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._commands: dict[str, Callable[[], str]] = {
            r"\frac": self._fraction,
            r"\sqrt": lambda: f"√({self._group()})",
            **{accent: partial(self._accented, accent) for accent in _ACCENTS},
            r"\begin": self._cases,
            r"\sum": lambda: f"{self._scripted('Σ')} ",
            **dict.fromkeys(_VERBATIM, self._verbatim),
            **dict.fromkeys(_STYLES, self._group),
        }

    def sequence(self) -> str:
        """Read everything up to the end, or to what closes the group or the cell of a table."""
        out = ""
        while self._at < len(self._tokens) and self._tokens[self._at] not in _ENDS:
            token = self._next()
            if token in _BINARY:
                out += _operator(_BINARY[token], out)
            elif token in _SPACES:
                out += self._space(out)
            elif not token.isspace():
                read = self._named(token, out) if self._is_function(token) else self._scripted(self._atom(token))
                out += read
        return out

    def _is_function(self, token: str) -> bool:
        known = token in SIGNS_OF_LATEX or token in self._commands
        return token.startswith("\\") and token[1:].isalpha() and not known

    def _named(self, token: str, out: str) -> str:
        r"""Return a function such as `\ln`, set off from what stands before and behind it."""
        while self._peek().isspace():
            self._at += 1
        before = "·" if out and (out[-1].isalnum() or out[-1] in "⁾)") else ""
        name = self._scripted(token.removeprefix("\\"))
        return before + name + ("" if self._peek() in ("(", "[", r"\left") else " ")

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _atom(self, token: str) -> str:
        if token == "{":
            inner = self.sequence()
            self._at += 1
            return inner
        if token in self._commands:
            return self._commands[token]()
        if token == "'":
            return "′"
        return SIGNS_OF_LATEX.get(token, token.removeprefix("\\"))

    def _group(self) -> str:
        """Return the argument of a command or of a script: a braced group or a single token."""
        while self._peek().isspace():
            self._at += 1
        return self._atom(self._next())

    def _scripted(self, base: str) -> str:
        """Return the base with its scripts, the lower one first."""
        found = {"_": "", "^": ""}
        while self._peek() in found:
            mark = self._next()
            found[mark] = self._group()
        below, above = found["_"], found["^"]
        words = _MARKS.search(above)
        above = above[: words.start()].rstrip(" ·") if words else above
        lower, upper = _lowered(below), _raised(above)
        text = base + (upper + lower if lower.startswith("[") else lower + upper)
        return f"{words[0]} {text}" if words else text

    def _fraction(self) -> str:
        text = f"{_factor(self._group())}/{_factor(self._group())}"
        return f"{text}·" if self._peek() in ("(", "[") else text

    def _accented(self, accent: str) -> str:
        letter = self._group()
        return unicodedata.normalize("NFC", letter[:1] + _ACCENTS[accent] + letter[1:])

    def _cases(self) -> str:
        r"""Read `\begin{cases}` to its end: the branches in braces, each with its condition."""
        self._verbatim()
        cells = [self.sequence()]
        while (mark := self._next()) not in (r"\end", ""):
            cell = self.sequence().strip().removeprefix("if ")
            between = "; " if mark != "&" else " " if cell == "otherwise" else " if "
            cells.append(between + cell)
        self._verbatim()
        return f"{{{''.join(cells).strip()}}}".replace(" if", " if").replace("  ", " ")

    def _verbatim(self) -> str:
        self._at += 1
        end = self._at
        while end < len(self._tokens) and self._tokens[end] != "}":
            end += 1
        text = "".join(self._tokens[self._at : end]).replace(r"\_", "_")
        self._at = end + 1
        return text

    def _space(self, out: str) -> str:
        r"""Return what a thin space stands for: a product of two operands, a blank after a comma, else nothing."""
        following = self._peek()
        if out.endswith(","):
            return " "
        if not out or out[-1] in " ·([+−":
            return ""
        return "" if following in _BINARY or following in ("", "}", ")", "]", r"\cdot") else "·"


def _operator(sign: str, out: str) -> str:
    """Return a sign with blanks around it between two operands, and without them in front of the first."""
    opened = out.endswith("|") and out.count("|") % 2
    if not out or out[-1] in "([·, {^" or opened:
        return sign
    return f" {sign} "


def _lowered(text: str) -> str:
    # "1,n" is unit 1 in sample n; the comma stays only where numbers would run together.
    plain = re.sub(r",(?=[a-z])", "", text).replace(" ", "")
    if all(c in SUBSCRIPTS or c == "," for c in plain):
        return "".join(SUBSCRIPTS.get(c, c) for c in plain)
    if re.fullmatch(r"\w+", text) and not any(c in SUBSCRIPTS.values() for c in text):
        return f"_{text}"
    # In round brackets what is worked out would look like what a function is called with.
    return f"[{text}]" if _PLACE.fullmatch(text) else f"({text})"


def _raised(text: str) -> str:
    if all(c in SUPERSCRIPTS for c in text):
        return "".join(SUPERSCRIPTS[c] for c in text)
    return f"^{text}" if len(text) == 1 else f"^({text})"


def _factor(text: str) -> str:
    """Return a numerator or denominator: in brackets when it is negative or more than one factor."""
    if text.startswith("−"):
        return f"({text})"
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if not depth and c in " ·/":
            return f"({text})"
    return text
