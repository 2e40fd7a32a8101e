"""An optimizer that the user writes: lines `name = formula` of a parameter, its gradient and what is kept for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count

from chainrule.catalog.arguments import Choice, NamedNumbers, SpecError
from chainrule.catalog.formula_argument import FORMULA, FormulaLines, Keeping, in_a_sentence
from chainrule.catalog.optimizers.common import COUNT_STEPS, STEP, STEP_BUFFER, learning_rate
from chainrule.catalog.optimizers.entry import (
    GRAD,
    LR,
    NEXT,
    PARAMETER,
    Buffer,
    Buffers,
    Extent,
    Optimizer,
    Update,
    Updates,
    formula_name,
    typed_as,
)
from chainrule.catalog.values import refs
from chainrule.formula.constants import check_constants
from chainrule.formula.errors import FormulaError, joined, nearest
from chainrule.formula.parse import RESERVED, parse_assignment
from chainrule.formula.tree import Cases, symbols_of, walk

PARAM = formula_name(PARAMETER)
# What every line can read.
GIVEN = (PARAM, GRAD, LR, STEP)
# Suffixes that refs have for something else.
_TAKEN = frozenset((*GIVEN, NEXT, refs.FROM, "data", "penalties", "accumulated_grad"))
MOST_LINES = 40
MOST_STATES = 20
LONGEST_NAME = 30
# What a kept number is called in books: a velocity, a mean, a sum.
USUAL_STATES = ("v", "m", "s", "u")
_NAME = re.compile(r"[^\W\d]\w*")
_OLD_STEP = re.compile(rf"\b{STEP}\b(?!\.)")

STATE = NamedNumbers("state", {}, "state", most=MOST_STATES)


_WRITES = re.compile(rf"\s*([^\W\d]\w*)\.{NEXT}\s*=")


@dataclass(frozen=True, slots=True)
class UpdateLine:
    """One line: what it writes, the names that it reads, its formula as text, and whether that has cases."""

    writes: str
    reads: tuple[str, ...]
    formula: str
    has_cases: bool


class LineError(ValueError):
    """What is wrong with the lines, and with which, counted from 0; `line` is None where it is with the state."""

    def __init__(self, line: int | None, error: FormulaError) -> None:
        super().__init__(str(error))
        self.line, self.error = line, error


def names_given(choice: Choice, extent: Extent) -> tuple[str, ...]:
    """Return the names of states and of terms between that a person gave, of one number or of one for each element."""
    own = (each for each in _updates(choice, ()) if each is not COUNT_STEPS and each.extent is extent)
    return tuple(each.changes for each in own if each.changes != NEXT)


def lines_of(texts: Sequence[str], state: Collection[str]) -> tuple[UpdateLine, ...]:
    """Return the lines of an optimizer with so named state, or a `LineError` that points at what is wrong."""
    return _lines_of(tuple(texts), tuple(state))


@lru_cache(maxsize=64)
def _lines_of(texts: tuple[str, ...], state: tuple[str, ...]) -> tuple[UpdateLine, ...]:
    for name in state:
        if problem := _state_name_problem(name):
            raise LineError(None, FormulaError(problem, name))
    targets = [_target(index, text) for index, text in enumerate(texts)]
    known, lines = [*GIVEN, *state], list[UpdateLine]()
    for index, (text, target) in enumerate(zip(texts, targets, strict=True)):
        _check_target(index, text, target, lines, state)
        lines.append(_line(index, text, known, targets))
        known.append(target)
    if NEXT not in targets:
        message = f"no line writes {NEXT}, the new value of the parameter, as in {NEXT} = {PARAM} - {LR}*{GRAD}"
        raise LineError(len(texts) - 1, FormulaError(message, texts[-1]))
    for name in state:
        if f"{name}.{NEXT}" not in targets:
            raise LineError(
                None, FormulaError(f"no line writes {name}.{NEXT}, the new value of the state {name}", name)
            )
    return tuple(lines)


def _state_name_problem(name: str) -> str:
    """Return what is wrong with the name of a state; empty where nothing is."""
    if not _NAME.fullmatch(name):
        return f'"{name[:LONGEST_NAME]}" is no name: a name has letters, digits and _, and begins with no digit'
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters, {name[:LONGEST_NAME]}... has {len(name)}"
    if name in RESERVED or name in _TAKEN:
        return f"{name} has a meaning already; choose another name"
    return ""


def _target(index: int, text: str) -> str:
    """Return the name that a line writes; what cannot be read in it is refused, whatever names it reads."""
    try:
        return parse_assignment(text)[0]
    except FormulaError as error:
        raise LineError(index, error) from None


def _check_target(index: int, text: str, target: str, lines: Sequence[UpdateLine], state: Collection[str]) -> None:
    base, message = target.removesuffix(f".{NEXT}"), ""
    if target in [line.writes for line in lines]:
        message = f"{target} is written twice; each line writes a name of its own"
    elif target not in (NEXT, base) and base not in state:
        has = f"there is {joined(sorted(state))}" if state else "there is none"
        message = f"{base} is no state; {has}"
    elif target in state:
        message = f"{target} is a state: a line writes {target}.{NEXT}"
    elif target != NEXT and base in _TAKEN:
        message = f"{base} has a meaning already; choose another name"
    elif len(base) > LONGEST_NAME:
        message = f"a name has at most {LONGEST_NAME} characters, this one {len(base)}"
    if message:
        raise LineError(index, FormulaError(message, text, len(text) - len(text.lstrip())))


def _line(index: int, text: str, known: Sequence[str], targets: Sequence[str]) -> UpdateLine:
    try:
        target, tree = parse_assignment(text, known)
        check_constants(tree, text)
    except FormulaError as error:
        later = _NAME.match(text, error.at) if error.at is not None else None
        name = later[0] if later else ""
        if later and text[later.end() :].startswith(f".{NEXT}"):
            name = f"{name}.{NEXT}"
        if name not in known and name in targets:
            place = targets.index(name)
            what = "this line itself writes it" if place == index else f"line {place + 1} writes it"
            error = FormulaError(f"{name} is not known yet: {what}", text, error.at)
        raise LineError(index, error) from None
    _, _, formula = text.partition("=")
    has_cases = any(isinstance(part, Cases) for part in walk(tree))
    return UpdateLine(target, symbols_of(tree), " ".join(formula.split()), has_cases)


def _check(choice: Choice, path: str) -> None:
    texts, state = _texts(choice), _state_of(choice)
    try:
        lines_of(texts, state)
    except LineError as error:
        where = "state" if error.line is None else f"updates[{error.line}]"
        raise SpecError(f"{path}.{where}", str(error)) from None


def written_states(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names `v` of which lines write `v.next`, each once."""
    return tuple(dict.fromkeys(match[1] for match in map(_WRITES.match, texts) if match))


def with_state(texts: Sequence[str], name: str) -> tuple[str, ...]:
    """Return lines in which a name is kept: first of all one that leaves it as it is,
    until something else is written.
    """
    return (f"{name}.{NEXT} = {name}", *texts)


def free_state(texts: Sequence[str]) -> str:
    """Return a name for one more state: the first of the usual ones that no line reads or writes."""
    taken = _names_in(texts)
    numbered = (f"{USUAL_STATES[0]}{number}" for number in count(2))
    return next(name for name in chain(USUAL_STATES, numbered) if name not in taken)


def missing_state(texts: Sequence[str]) -> str:
    """Return the first name that lines read and nothing writes, unless it is one misspelt.

    Empty where there is none.
    """
    try:
        lines = [parse_assignment(text) for text in texts]
    except FormulaError:
        return ""
    known = {*GIVEN, *(target for target, _ in lines), *written_states(texts)}
    for _, tree in lines:
        for read in symbols_of(tree):
            name = read.removesuffix(f".{NEXT}")
            if known.isdisjoint((name, read)) and not _state_name_problem(name):
                # What is nearly a name that is known was meant to be that one.
                return "" if nearest(name, known) else name
    return ""


def _names_in(texts: Sequence[str]) -> set[str]:
    """Return all words in lines, whether they can be read or not."""
    return {word for text in texts for word in _NAME.findall(text)}


def check_lines(texts: Sequence[str]) -> None:
    """Raise the `FormulaError` of the first line that is wrong, with a state for each that lines write."""
    try:
        lines_of(texts, written_states(texts))
    except LineError as error:
        raise error.error from None


def _follow(choice: Choice, name: str) -> Choice:
    """Return a state for each that lines write: what it was, or 0. And a line for each state that none writes yet."""
    known, texts = _state_of(choice), _texts(choice)
    if name == STATE.name:
        for each in known:
            if each not in written_states(texts):
                texts = with_state(texts, each)
        return choice.replace(updates=texts)
    if name != UPDATES.name:
        return choice
    return choice.replace(state={each: known.get(each, 0.0) for each in written_states(texts)})


UPDATES = FormulaLines(
    "updates",
    (f"{NEXT} = {PARAM} - {LR}*{GRAD}",),
    "updates",
    most=MOST_LINES,
    words=f"It may read {joined(list(GIVEN))} (1, 2, ...), a state v where a line writes v.{NEXT}, and what the lines "
    f"before it write. {NEXT} is the new value of the parameter.",
    check_lines=check_lines,
    keeping=Keeping(
        with_state,
        free_state,
        missing_state,
        "state",
        f"Keep another number for each parameter from step to step: v in the state, and a line that writes v.{NEXT}",
    ),
)


def _texts(choice: Choice) -> tuple[str, ...]:
    texts = choice[UPDATES.name]
    assert isinstance(texts, tuple)
    return tuple(map(str, texts))


def _state_of(choice: Choice) -> Mapping[str, float]:
    state = choice[STATE.name]
    assert isinstance(state, Mapping)
    return {name: float(str(number)) for name, number in state.items()}


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    state = _state_of(choice)
    counts = any(STEP in line.reads for line in lines_of(_texts(choice), state))
    kept = (Buffer(name, number, called=typed_as(name)) for name, number in state.items())
    return (*((STEP_BUFFER,) if counts else ()), *kept)


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    state = _state_of(choice)
    lines = lines_of(_texts(choice), state)
    # Rates, the count of steps, and what is made of nothing but these is one number for all of a parameter.
    scalars, updates = {LR, STEP}, list[Update]()
    if any(STEP in line.reads for line in lines):
        updates.append(COUNT_STEPS)
    for place, line in enumerate(lines):
        is_term = line.writes != NEXT and not line.writes.endswith(f".{NEXT}")
        is_scalar = is_term and scalars.issuperset(line.reads)
        if is_scalar:
            scalars.add(line.writes)
        updates.append(_update(line, place, is_scalar=is_scalar, is_plain=scalars.issuperset(line.reads)))
    return tuple(updates)


def _update(line: UpdateLine, place: int, *, is_scalar: bool, is_plain: bool) -> Update:
    reads = tuple({PARAM: PARAMETER, STEP: f"{STEP}.{NEXT}"}.get(name, name) for name in line.reads)
    if is_plain and not is_scalar:
        # Of numbers alone it is not to be seen in which dtype, and on which device, an element is to be computed.
        reads = (*reads, PARAMETER)
    verb = "becomes" if line.writes.endswith(NEXT) else "is"
    return Update(
        line.writes,
        reads,
        _OLD_STEP.sub(f"{STEP}.{NEXT}", line.formula),
        words=f"{verb} {in_a_sentence(line.formula)}, as line {place + 1} of the optimizer says",
        extent=Extent.SCALAR if is_scalar else Extent.ELEMENTS,
        called=typed_as(line.writes),
        shows_cases=line.has_cases,
    )


FORMULA_OPTIMIZER = Optimizer(
    FORMULA,
    (learning_rate(1e-2), STATE, UPDATES),
    _state,
    _updates,
    words="does what its lines say, for each parameter by itself",
    check=_check,
    follow=_follow,
    since=2,
)
