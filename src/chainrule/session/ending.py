"""The end of a schedule: which iteration is the last, and what is said where somebody wants to go beyond it."""

from __future__ import annotations

from chainrule.catalog.schedules import schedule
from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values import refs
from chainrule.model.document import Document


def last_trainable_iteration(document: Document, iteration: int) -> int | None:
    """Find the last one that can be trained under the settings of an iteration; None where there is no last one."""
    experiment = document.experiment_at(iteration)
    return None if experiment.scheduler is None else schedule.last_scheduled_iteration(experiment)


def notice_past_the_end(document: Document, iteration: int) -> str:
    """Say that the schedule has no learning rate for an iteration any more; nothing where it has one."""
    last = last_trainable_iteration(document, iteration)
    if last is None or iteration <= last:
        return ""
    over = refusal(document.experiment_at(iteration), last, refs.next_value(refs.LR))
    assert over is not None
    return end_of_schedule(last, over)


def end_of_schedule(iteration: int, over: str) -> str:
    """Say at which iteration a schedule ended, why, and what can be done."""
    words = "With more total_steps, or another scheduler, training goes on."
    return f"Stopped at iteration {iteration:,}: {over}. {words}"
