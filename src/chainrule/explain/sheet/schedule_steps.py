"""The cells of a schedule: each rate from the one before, as the rule has it that applies at the iteration's end.

Which rule applies goes by the iteration's number, which no cell changes. Only a plateau goes by the loss: its choices
are formulas of their own.
"""

from __future__ import annotations

import math
from bisect import bisect_right

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.schedules.plateau import BAD, BEST, COOLDOWN, LOSS_COUNT, LOSS_SUM, METRIC
from chainrule.catalog.schedules.rules import ScheduledNumber
from chainrule.catalog.schedules.schedule import Schedule, schedule_of
from chainrule.catalog.schedules.schedulers import PLATEAU, parts_of
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.schedule import Scheduled
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.sheet.cells import CellReading
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.settings import schedule_prefix
from chainrule.explain.sheet.workbook import Named, SheetError
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, number, substituted, symbols_of

# Better by the least change that counts, by what is better and how the change is meant.
_BETTER = {
    ("min", "rel"): "metric < best*(1 - threshold)",
    ("min", "abs"): "metric < best - threshold",
    ("max", "rel"): "metric > best*(threshold + 1)",
    ("max", "abs"): "metric > best + threshold",
}
_REDUCED = "max(lr*factor, min_lr)"
# What becomes of each number where the scheduler steps; B is what better means.
_PLATEAU = {
    BEST: "if(B, metric, best)",
    BAD: "if(B, 0, if(cooldown_counter > 0, 0, if(num_bad_epochs + 1 > patience, 0, num_bad_epochs + 1)))",
    COOLDOWN: "if(cooldown_counter > 0, cooldown_counter - 1, "
    "if(B, 0, if(num_bad_epochs + 1 > patience, cooldown, 0)))",
    refs.LR: "if(B, lr, if(cooldown_counter > 0, lr, if(num_bad_epochs + 1 > patience, "
    f"if(lr - {_REDUCED} > eps, {_REDUCED}, lr), lr)))",
    METRIC: "(loss_sum + loss)/(loss_count + 1)",
    LOSS_SUM: "loss_sum + loss",
    LOSS_COUNT: "loss_count + 1",
}


def write_schedule(c: IterationPage, step: MicroStep) -> None:
    """Write the next number of what a scheduler sets or keeps."""
    assert c.experiment.scheduler is not None
    if c.experiment.scheduler.name == PLATEAU:
        _write_plateau(c, step, c.experiment.scheduler)
        return
    assert isinstance(step.compute, Scheduled)
    found = step.compute.rule(*[float(c.numbers[ref]) for ref in step.reads])
    owner, schedule = step.reads[0], schedule_of(c.experiment)
    assert schedule is not None
    iteration = int(c.numbers[refs.ITERATION])
    part = bisect_right(schedule.milestones, schedule.steps_before(iteration + 1))
    text = rule_text(c, found, owner, part, Named(c.blocks[owner].cell((), c.page.name), float(c.numbers[owner])))
    if text is None:
        raise SheetError(f"there is no {step.writes}: the schedule is over")
    c.write(step, lambda index: text)


def first_text(c: IterationPage, schedule: Schedule, ref: ValueRef) -> str | None:
    """Return the formula of what a schedule sets a number to first, of what its optimizer was given.

    None where it is none.
    """
    base = c.settings.of_refs().get(ref)
    if base is None:
        return None
    part = bisect_right(schedule.milestones, 0)
    found = schedule.step(ref, base.number, 0)
    if not math.isclose(found.value, schedule.courses[ref].first, rel_tol=1e-12, abs_tol=0.0):
        return None
    return rule_text(c, found, ref, part, base)


def rule_text(c: IterationPage, found: ScheduledNumber, owner: ValueRef, part: int, now: Named) -> str | None:
    """Return the formula of a rule's number; `now` is the number before it."""
    if not found.formula or not math.isfinite(found.value):
        return None
    assert c.experiment.scheduler is not None
    parts = parts_of(c.experiment.scheduler)
    named = c.settings.named(schedule_prefix(part, len(parts)), parts[part]) | {"lr": now}
    base = c.settings.of_refs().get(owner)
    numbers = {name: value for name, value in found.numbers.items() if name != "lr"}
    if base is not None and numbers.get("base") == base.number:
        named["base"] = base
        del numbers["base"]
    tree = substituted(read(found.formula), {name: number(value) for name, value in numbers.items()})
    return _text(c, tree, named)


def _text(c: IterationPage, tree: Expr, named: dict[str, Named]) -> str:
    lacking = [name for name in symbols_of(tree) if name not in named]
    if lacking:
        raise SheetError(f"a spreadsheet has no formula for the schedule: it reads {', '.join(lacking)}")
    return c.reading({}, named).element(tree, ())


def _write_plateau(c: IterationPage, step: MicroStep, choice: Choice) -> None:
    value = c.program.values[step.writes]
    name = value.name
    batches = batches_per_epoch(c.experiment.data) if choice["interval"] == "epoch" else 1
    waits = batches > 1 and (int(c.numbers[refs.ITERATION]) + 1) % batches != 0
    owner = value.next_of.ref if value.next_of is not None else step.writes
    if name in (LOSS_SUM, LOSS_COUNT) and not waits:
        c.write(step, lambda index: "0")
        return
    if waits and name not in (LOSS_SUM, LOSS_COUNT, METRIC):
        c.write(step, lambda index: c.blocks[owner].cell((), c.page.name))
        return
    better = _BETTER[str(choice["mode"]), str(choice["threshold_mode"])]
    tree = read(_PLATEAU[name].replace("B", better))
    reading = _plateau_reading(c, owner, choice)
    c.write(step, lambda index: reading.element(tree, ()))


def _plateau_reading(c: IterationPage, owner: ValueRef, choice: Choice) -> CellReading:
    """Return what the names in a plateau's formulas are: its counters, the loss, the rate that it is about."""
    metric = refs.scheduler_state(METRIC)
    loss = c.experiment.network.loss_ref
    names = {name: refs.scheduler_state(name) for name in (BEST, BAD, COOLDOWN, LOSS_SUM, LOSS_COUNT)}
    names |= {"metric": metric if metric in c.blocks else loss, "loss": loss, "lr": owner}
    names = {name: ref for name, ref in names.items() if ref in c.blocks}
    return c.reading(names, c.settings.named(schedule_prefix(0, 1), choice))
