"""What the first iteration starts with that no cell holds, for it follows from a setting: a rate, and what begins as
one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedule import optimizer_setting, optimizers_of, rates, schedule_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.refs import ValueRef, optimizer_state
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.schedule_steps import first_text

# Gives the formula of each element, once what it reads has its cells.
FirstFormula = Callable[[IterationPage], str]


def first_formulas(c: IterationPage) -> dict[ValueRef, FirstFormula]:
    """Return the formulas of what an iteration starts with that is not typed; rates come first, for others read them.

    Of a training that goes on from an earlier one there are none: what it starts with is as it was kept.
    """
    experiment = c.experiment
    if experiment.state is not None:
        return {}
    found = dict[ValueRef, FirstFormula]()
    schedule = schedule_of(experiment)
    if schedule is not None:
        for ref in schedule.courses:
            text = first_text(c, schedule, ref)
            if text is not None:
                found[ref] = partial(_as_it_is, text)
    elif experiment.scheduler is not None:
        found |= {ref: partial(_setting, ref) for ref in rates(experiment)}
    return found | _of_buffers(c)


def _as_it_is(text: str, c: IterationPage) -> str:
    return text


def _setting(ref: ValueRef, c: IterationPage) -> str:
    """Return the cell of what an optimizer is set to, as it is at the start."""
    if ref in c.blocks:
        return c.blocks[ref].cell((), c.page.name)
    text = c.settings.of_refs()[ref].text
    c.settings.used.add(text)
    return text


def _of_buffers(c: IterationPage) -> dict[ValueRef, FirstFormula]:
    """Return what an optimizer keeps and begins with a setting: Rprop's step sizes with the learning rate."""
    experiment, found = c.experiment, dict[ValueRef, FirstFormula]()
    shapes, entry = experiment.network.parameter_shapes(), lookup(OPTIMIZERS, experiment.optimizer.name)
    for ref, choice in optimizers_of(experiment, trained_parameters(experiment)).items():
        for buffer in entry.state(choice, shapes[ref]):
            if isinstance(buffer.initial, str):
                setting = optimizer_setting(experiment, c.program.values[ref], buffer.initial)
                found[optimizer_state(ref, buffer.name)] = partial(_setting, setting)
    return found
