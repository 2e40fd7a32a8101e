"""The end of a schedule: which iteration is the last, and what is said where somebody wants to go beyond it."""

from __future__ import annotations

from chainrule.catalog.schedules import schedule
from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values import refs
from chainrule.session.core import SessionCore


def last_iteration(session: SessionCore, iteration: int) -> int | None:
    """Return the last one that can be trained under the settings of an iteration.

    None where there always is a next one.
    """
    experiment = session.document.experiment_at(iteration)
    if experiment.scheduler is None:
        return None
    return schedule.last_iteration(experiment)


def is_past_the_end(session: SessionCore, iteration: int) -> bool:
    """Say so where the schedule has no learning rate for an iteration any more."""
    last = last_iteration(session, iteration)
    if last is None or iteration <= last:
        return False
    over = refusal(session.document.experiment_at(iteration), last, refs.next_value(refs.LR))
    assert over is not None
    session.warned.emit(end_of_schedule(last, over))
    return True


def end_of_schedule(iteration: int, over: str) -> str:
    """Say at which iteration a schedule ended, why, and what can be done."""
    words = "With more total_steps, or another scheduler, training goes on."
    return f"Stopped at iteration {iteration:,}: {over}. {words}"
