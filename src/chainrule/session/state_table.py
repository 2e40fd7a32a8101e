"""What the optimizer reads, keeps and computes for one number of a parameter: the rows of the State tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog import refs
from chainrule.catalog.groups import SETTINGS
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.schedules.schedule import optimizer_setting
from chainrule.explain.notation import Notation
from chainrule.explain.schedule_names import noun
from chainrule.model.elements import Index, is_inside
from chainrule.session.moment import Moment

if TYPE_CHECKING:
    from chainrule.explain.notation import Notation

# Values of the whole network that an update reads or a schedule writes; all others of no layer are data and loss.
_WORDS = {
    "lr": "learning rate",
    "momentum": "momentum",
    "beta1": "beta1",
    "iteration": "iteration",
    "grad_norm": "norm of all gradients",
    "clip_coef": "clipping share",
    "scheduler": "scheduler",
}


@dataclass(frozen=True, slots=True)
class StateCell:
    """One number: `number` is None where it is not known yet. `read` and `written` are by the last micro-step."""

    ref: ValueRef
    index: Index
    number: float | None
    read: bool
    written: bool
    by_hand: bool
    selected: bool


@dataclass(frozen=True, slots=True)
class StateRow:
    """A value: as the iteration found it, and as it computes it; either may be missing.

    `name` is in words, as everywhere in the window; `torch_name` is the key of `torch.optim`'s state where that is
    another.
    """

    symbol: str
    name: str
    torch_name: str
    before: StateCell | None
    after: StateCell | None


def followed(moment: Moment, last: tuple[ValueRef, Index]) -> tuple[ValueRef, Index]:
    """The element of a parameter that was selected last, `last` before this moment; in the end the first of all."""
    ref, index = last
    shapes = moment.experiment.network.parameter_shapes()
    selection = moment.selection
    if selection is not None and (base := refs.parse(selection.ref).base) in shapes:
        # What the optimizer keeps may have fewer numbers than the parameter.
        if len(selection.index) == len(shapes[base]) and moment.shape(selection.ref) in (shapes[base], ()):
            ref, index = base, selection.index
        elif base != ref:
            ref, index = base, (0,) * len(shapes[base])
    if ref in shapes and is_inside(index, shapes[ref]):
        return ref, index
    first = next(iter(shapes))
    return first, (0,) * len(shapes[first])


def state_rows(moment: Moment, parameter: ValueRef, index: Index) -> tuple[StateRow, ...]:
    """The rows of one element, in the order in which the iteration comes to them; none without the engine."""
    if moment.program is None:
        return ()
    notation = Notation.of(moment.experiment)
    rows = []
    for base in _bases(moment, parameter):
        parts, following = refs.parse(base), refs.next_value(base)
        computed = base in moment.program.index
        after = base if computed else following if following in moment.program.index else None
        name = moment.experiment.network.noun(base) if base == parameter else _name(notation, base)
        key = ".".join(parts.suffixes) if base in moment.program.memory and parts.base == parameter else ""
        rows.append(
            StateRow(
                notation.share_letter(base) if refs.FROM in parts.suffixes else notation.letter(base),
                name,
                "" if key.replace("_", " ") == name else key,
                None if computed else _cell(moment, base, index),
                None if after is None else _cell(moment, after, index),
            )
        )
    return tuple(rows)


def _bases(moment: Moment, parameter: ValueRef) -> list[ValueRef]:
    """The values without `.next`, each once."""
    assert moment.program is not None
    own = [step.writes for step in moment.steps if step.phase.value == "backward" and _is_of(step.writes, parameter)]
    found = dict.fromkeys(ValueRef(ref.removesuffix(".next")) for ref in (parameter, *own))
    for step in moment.steps:
        if step.phase.value == "update" and _concerns(moment, step.writes, parameter):
            concerned = [ref for ref in (*step.reads, step.writes) if _concerns(moment, ref, parameter)]
            found |= dict.fromkeys(ValueRef(ref.removesuffix(".next")) for ref in concerned)
    return list(found)


def _is_of(ref: ValueRef, parameter: ValueRef) -> bool:
    return refs.parse(ref).base == parameter


def _concerns(moment: Moment, ref: ValueRef, parameter: ValueRef) -> bool:
    parts = refs.parse(ref)
    if parts.name in SETTINGS:
        return parts.base == optimizer_setting(moment.experiment, parameter, parts.name)
    return parts.base == parameter or (parts.layer is None and parts.name in _WORDS)


def _name(notation: Notation, ref: ValueRef) -> str:
    """What it is called in words."""
    parts = refs.parse(ref)
    if parts.name == "scheduler":
        return noun(ref).removeprefix("the ")
    if parts.name in _WORDS:
        return _WORDS[parts.name]
    if parts.suffixes[:2] == ("grad", refs.FROM):
        source = notation.source(ref)
        # In a formula a share comes from one of those that read the parameter.
        return f"gradient {'through' if notation.network.formula else 'of'} {source}"
    return "gradient" if parts.suffixes == ("grad",) else notation.kept.of(parts).called.words


def _cell(moment: Moment, ref: ValueRef, index: Index) -> StateCell:
    shape, selection = moment.shape(ref), moment.selection
    own = tuple(0 if size == 1 else place for place, size in zip(index, shape, strict=False))
    number = moment.number(ref, own)
    return StateCell(
        ref,
        own,
        number,
        read=ref in moment.read,
        written=ref == moment.written and number is not None,
        by_hand=moment.is_overridden(ref, own),
        selected=selection is not None and (selection.ref, selection.index) == (ref, own),
    )
