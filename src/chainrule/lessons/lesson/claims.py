"""The numbers that a text states in digits: what each of them is has to be said, so that it can be checked.

Decimals are such numbers, and whatever stands behind a sign of equality; other whole numbers count things. What the
experiment itself says, or what a task asks for, needs no word more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError, describe
from chainrule.explain.writing.numbers import as_typed, format_number
from chainrule.formula.errors import FormulaError
from chainrule.formula.typed_number import constant_number
from chainrule.lessons.given_number import GivenNumber, given_number
from chainrule.lessons.lesson.numbers import LessonNumbers
from chainrule.lessons.lesson.spec import Claim, EditTask, LessonStep, LossTask
from chainrule.lessons.lesson.text import Maths, TextNumber, pieces_of
from chainrule.model.files.encoding import experiment_object

# Of more data the numbers are no longer known by heart: they could be met by chance.
MOST_DATA = 64
_TIMES_TEN = r"\s*(?:·|\\cdot|\\times|×)\s*10(?:\^\{?[-−]?\d+\}?|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
_DECIMAL = rf"\d*\.\d+(?:[eE][+-]?\d+|{_TIMES_TEN})?"
# A version has two points, and a factor something behind it.
_ALONE = r"\d+(?=\s*(?:$|[,.;:)}\]=\n]|\\q?quad|\\text))"
_STATED = re.compile(
    rf"(?<![\w.]){_DECIMAL}(?![\w.]*\.\d)"
    rf"|(?:=|≈|\\approx|\\simeq)[\s\-−+{{(]*+(?P<after>{_DECIMAL}|{_ALONE})(?![\d.]*\.\d)"
)
_POWER = re.compile(r"\s*(?:·|\\cdot|\\times|×)\s*10(?:\^\{?([-−]?\d+)\}?|([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def stated_numbers(text: str) -> Iterator[str]:
    """Yield the numbers that a text states in digits, without their signs."""
    for piece in pieces_of(text, "$"):
        parts = piece.parts if isinstance(piece, Maths) else (piece,)
        for part in parts:
            if not isinstance(part, TextNumber):
                yield from (found["after"] or found[0] for found in _STATED.finditer(part))


def as_number(text: str) -> GivenNumber:
    r"""Return a number as a text states it: `0.38`, `−1.2·10⁻³`, `1.2 \cdot 10^{-3}`. Raises `FormulaError`."""

    def power(found: re.Match[str]) -> str:
        return f"e{(found[1] or found[2]).translate(_PLAIN)}"

    return given_number(_POWER.sub(power, as_typed(text)))


def undeclared(step: LessonStep, experiment: Experiment) -> tuple[tuple[str, str], ...]:
    """Return the keys of a step with the numbers in them that nothing says what they are."""
    claimed = {claim.says.lstrip("+-−").strip() for claim in step.claims}
    known, found = _given(step, experiment), list[tuple[str, str]]()
    texts = {"text": step.text, "title": step.title, "notes": step.notes} | {
        f"hints[{at}]": hint for at, hint in enumerate(step.hints)
    }
    for key, text in texts.items():
        for stated in dict.fromkeys(stated_numbers(text)):
            if stated not in claimed and abs(as_number(stated).value) not in known:
                found.append((key, stated))
    return tuple(found)


def _given(step: LessonStep, experiment: Experiment) -> set[float]:
    """Return the sizes of the numbers that the experiment states, or the tasks."""
    table = experiment_object(experiment)
    if len(experiment.data.inputs) * max(1, experiment.network.inputs) > MOST_DATA:
        table.pop("data")
    found = {abs(each) for each in _leaves(table)}
    for task in step.do:
        if isinstance(task, EditTask) and isinstance(task.to, int | float):
            found.add(abs(float(task.to)))
        if isinstance(task, LossTask):
            found |= {task.below, float(task.within or 0)}
    return found


def _leaves(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def check_claim(claim: Claim, numbers: LessonNumbers, iteration: int, path: str) -> None:
    """Refuse a claim whose number is another one; `iteration` is which where it names none."""
    try:
        said = as_number(claim.says)
    except FormulaError as error:
        raise SpecError(f"{path}.says", f"{describe(claim.says)} cannot be read: {error}") from None
    is_value = _value_of(claim, numbers, iteration, path)
    room = claim.tolerance
    if said.stands_for(is_value) if room is None else abs(said.value - is_value) <= room:
        return
    raise SpecError(f"{path}.says", f"the text states {claim.says}, and it is {format_number(is_value, 8)}")


def _value_of(claim: Claim, numbers: LessonNumbers, iteration: int, path: str) -> float:
    if claim.number is not None:
        found = numbers.number(claim.number, iteration)
        if found is None:
            raise SpecError(f"{path}.number", f"there is no number {describe(claim.number.text)}")
        return found
    try:
        return constant_number(claim.formula)
    except FormulaError as error:
        raise SpecError(f"{path}.formula", str(error)) from None
