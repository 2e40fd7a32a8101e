"""Numbers, tensors and names as Python has them."""

from __future__ import annotations

import keyword
import math
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from chainrule.catalog.arguments import Argument, ArgumentValue, Choice
from chainrule.explain.code.writing.lines import INDENT, WIDTH

# What the script of a formula calls things of its own; its output alone may be called the loss.
TAKEN = frozenset(
    [
        "torch",
        "nn",
        "sys",
        "math",
        "lr_scheduler",
        "optimizer",
        "scheduler",
        "iterations",
        "iteration",
        "losses",
        "forward",
        "device",
        "print",
        "int",
        "len",
        "range",
        "sum",
        "float",
        "_",
    ]
)


def number_code(value: float) -> str:
    """Return a number with every digit; infinities and NaN by their names in `math`."""
    if math.isfinite(value):
        return repr(value)
    return "math.nan" if math.isnan(value) else "math.inf" if value > 0 else "-math.inf"


def argument(value: ArgumentValue) -> str:
    """Return an argument of torch's."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(argument, value))}]"
    return number_code(value) if isinstance(value, float) else repr(value)


def keywords(arguments: Mapping[str, ArgumentValue]) -> list[str]:
    """Return arguments with their names."""
    return [f"{name}={argument(value)}" for name, value in arguments.items()]


def told(choice: Choice, table: Iterable[Argument], always: Collection[str] = ("lr",)) -> dict[str, ArgumentValue]:
    """Return the arguments that a person would write: those that are not torch's defaults."""
    known = {each.name: each for each in table}
    return {
        name: value
        for name, value in choice.arguments.items()
        if name in always or name not in known or known[name].required or value != known[name].default
    }


def tensor(numbers: Any, start: str = "torch.tensor(", end: str = ")", more: str = "") -> str:
    """Return nested numbers as a tensor, in as many lines as it needs; `more` is another argument."""
    whole = f"{start}{_nested(numbers)}{more and f', {more}'}{end}"
    if len(whole) <= WIDTH - 3 * len(INDENT) or not isinstance(numbers, Sequence):
        return whole
    inner = [f"{INDENT}{more},"] if more else []
    if not (numbers and isinstance(numbers[0], Sequence)):
        return "\n".join([start, *(INDENT + part for part in _row(numbers)), *inner, end])
    rows = [2 * INDENT + part for row in numbers for part in _row(row)]
    return "\n".join([start, f"{INDENT}[", *rows, f"{INDENT}]{',' if more else ''}", *inner, end])


def _nested(numbers: Any) -> str:
    if isinstance(numbers, Sequence):
        return f"[{', '.join(map(_nested, numbers))}]"
    return number_code(numbers) if isinstance(numbers, float) else repr(numbers)


def _row(row: Sequence[Any]) -> list[str]:
    """Return a row, with its comma, in lines of which none is too long."""
    room = WIDTH - 6 * len(INDENT)
    whole = f"{_nested(row)},"
    if len(whole) <= room:
        return [whole]
    lines = [""]
    for each in row:
        text = f"{_nested(each)},"
        if lines[-1] and len(lines[-1]) + 1 + len(text) > room:
            lines.append("")
        lines[-1] += f" {text}" if lines[-1] else text
    return ["[", *(INDENT + line for line in lines), "],"]


def safe_names(names: Iterable[str], taken: Collection[str] = TAKEN) -> dict[str, str]:
    """Return the names that Python can have in the place of those that people gave: the same wherever it can be."""
    found: dict[str, str] = {}
    used = {*taken}
    for name in names:
        # Python takes letters that look alike for the same.
        safe = unicodedata.normalize("NFKC", name).replace(".", "_")
        if not safe.isidentifier():
            safe = "".join(each if each.isalnum() else "_" for each in safe)
            safe = safe if safe.isidentifier() else f"n{safe}"
        while safe in used or keyword.iskeyword(safe) or not safe.isidentifier():
            safe += "_"
        used.add(safe)
        found[name] = safe
    return found
