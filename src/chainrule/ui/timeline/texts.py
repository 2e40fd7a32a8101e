"""The words around the iterations of the timeline."""

from __future__ import annotations

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.session.screen.moment import Moment
from chainrule.session.training import Progress
from chainrule.translation import gettext


def iteration_text(moment: Moment) -> str:
    """Return the iteration on the screen."""
    return gettext("Iteration {number}", number=moment.cursor.iteration)


def epoch_text(moment: Moment) -> str:
    """Return the pass over the data; a formula has none."""
    if moment.experiment.network.formula:
        return ""
    return gettext("epoch {number}", number=_batch(moment)[0])


def batch_text(moment: Moment) -> str:
    """Return which part of an epoch this iteration is, where it takes more than one."""
    _, batch, count = _batch(moment)
    return f"batch {batch + 1:,} of {count:,}" if count > 1 else ""


def computed_text(moment: Moment, progress: Progress | None) -> str:
    """Return how far a run is that has an end, or how many iterations are computed."""
    if progress is not None:
        return f"trained {progress.done:,} of {progress.wanted:,}"
    computed = moment.course.horizon - moment.experiment.first_iteration
    return gettext("{count} computed", count=f"{computed:,}") if computed else gettext("none computed yet")


def _batch(moment: Moment) -> tuple[int, int, int]:
    """Return the epoch, the batch in it, and how many batches an epoch has."""
    if moment.experiment.network.formula:
        return 0, 0, 1
    data = moment.experiment.data
    return *place_in_epoch(data, moment.cursor.iteration), batches_per_epoch(data)
