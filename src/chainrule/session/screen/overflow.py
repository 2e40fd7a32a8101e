"""Numbers that cease to be finite: what is said of the place where that begins."""

from __future__ import annotations

from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.circuit.words import no_value_on_screen
from chainrule.explain.sentences.meanings import value_in_words
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.ending import end_of_schedule
from chainrule.session.screen.moment import Moment


def first_not_finite(moment: Moment) -> Cursor | None:
    """Return the place after the first step whose result is not finite; None also where only the schedule is over."""
    trace = moment.numbers.trace
    if trace is None or not trace.values:
        return None
    index = engine().first_non_finite(moment.steps, trace.values)
    if index is None:
        return None
    over = refusal(moment.experiment, moment.cursor.iteration, moment.steps[index].writes)
    return Cursor(moment.cursor.iteration, index + 1) if over is None else None


def overflow_notice(moment: Moment, overflow: Cursor) -> str:
    """Return where the numbers ceased to be finite, or the schedule refused to go on, and what can be done."""
    step = moment.step
    assert step is not None
    over = refusal(moment.experiment, overflow.iteration, step.writes)
    if over is not None:
        return end_of_schedule(overflow.iteration, over)
    if step.node is not None:
        numbers = {str(read): float(moment.lists(ValueRef(read))) for read in (*step.reads, step.writes)}
        why = no_value_on_screen(moment.experiment.network.formula, step.node, numbers)
        return f"Stopped at iteration {overflow.iteration:,}: {why}. Step back to see why."
    where = f"Stopped at iteration {overflow.iteration:,}, at {value_in_words(moment.experiment, step)}: "
    assert moment.program is not None
    if why := engine().own_reason(moment.experiment, moment.program, step, moment.numbers.lists):
        return f"{where}{why}. Step back to see how it came to be."
    return (
        f"{where}a number is no longer finite, but infinite or not a number. "
        "Step back to see how it grew; a smaller learning rate keeps it in bounds."
    )


def gone_past(moment: Moment, overflow: Cursor) -> str:
    """Say that an iteration is left by hand in which a run would have stopped."""
    value = value_in_words(moment.experiment, moment.steps[overflow.position - 1])
    return f"Iteration {overflow.iteration:,} went on past a value that is not finite: {value}. A run stops there."
