"""What the optimizer reads, keeps and computes for one number of a parameter: the rows of the State tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import optimizer_setting
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.catalog.values.value import Role, Value
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.schedule import noun
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Moment, shape_of
from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program

# Values of the whole network that an update reads or a schedule writes.
_OF_ALL = (Role.ITERATION, Role.CLIPPING, Role.SCHEDULER)
_WORDS = {
    "lr": gettext_noop("learning rate"),
    "momentum": gettext_noop("momentum"),
    "beta1": gettext_noop("beta1"),
    "iteration": gettext_noop("iteration"),
    "grad_norm": gettext_noop("norm of all gradients"),
    "clip_coef": gettext_noop("clipping share"),
}


@dataclass(frozen=True, slots=True)
class StateCell:
    """One number: `number` is None where it is not known yet. `read` and `written` are by the last micro-step.

    `phase` is the one that it is computed in; of what is given it is the update, which the table is of.
    """

    ref: ValueRef
    index: Index
    number: float | None
    read: bool
    written: bool
    by_hand: bool
    selected: bool
    phase: Phase


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


def state_rows(moment: Moment, parameter: ValueRef, index: Index) -> tuple[StateRow, ...]:
    """Return the rows of one element, in the order in which the iteration comes to them; none without the engine."""
    if moment.program is None:
        return ()
    notation = Notation.of(moment.experiment)
    rows = []
    for value in _concerning(moment.experiment, moment.program, parameter):
        ref, following = value.ref, refs.next_value(value.ref)
        computed = ref in moment.program.index
        after = ref if computed else following if following in moment.program.index else None
        name = value.noun if ref == parameter else _name(notation, value)
        key = value.name if value.role is Role.BUFFER else ""
        rows.append(
            StateRow(
                notation.letter(ref),
                name,
                "" if key.replace("_", " ") == name else key,
                None if computed else _cell(moment, ref, index),
                None if after is None else _cell(moment, after, index),
            )
        )
    return tuple(rows)


def _concerning(experiment: Experiment, program: Program, parameter: ValueRef) -> list[Value]:
    """Return the values of a parameter's rows, each once.

    Those of the next iteration are in the row of what they are now.
    """
    values, found = program.values, {parameter: program.values[parameter]}

    def concerns(value: Value) -> bool:
        if value.role is Role.SETTING:
            return value.owner.ref == optimizer_setting(experiment, program.values[parameter], value.name)
        return value.owner.ref == parameter or value.role in _OF_ALL

    def add(value: Value) -> None:
        now = value.next_of or value
        found[now.ref] = now

    for step in program.steps:
        if step.phase is Phase.BACKWARD and values[step.writes].owner.ref == parameter:
            add(values[step.writes])
    for step in program.steps:
        if step.phase is Phase.UPDATE and concerns(values[step.writes]):
            for value in map(values.__getitem__, (*step.reads, step.writes)):
                if concerns(value):
                    add(value)
    return list(found.values())


def _name(notation: Notation, value: Value) -> str:
    """Return what it is called in words."""
    if value.role is Role.SCHEDULER:
        return noun(value).removeprefix("the ")
    if value.role is Role.SHARE:
        source = notation.source(value.ref)
        # In a formula a share comes from one of those that read the parameter.
        return gettext(
            "gradient {more} {source}",
            more=gettext("through") if notation.network.formula else gettext("of"),
            source=source,
        )
    if value.role is Role.GRADIENT:
        return "gradient"
    return gettext(_WORDS[value.name]) if value.called is None else value.called.words


def _cell(moment: Moment, ref: ValueRef, index: Index) -> StateCell:
    shape, selection, step = shape_of(moment, ref), moment.selection, moment.step_of(ref)
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
        phase=Phase.UPDATE if step is None else step.phase,
    )
