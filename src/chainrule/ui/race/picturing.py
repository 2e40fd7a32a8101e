"""What is drawn of a race: its runs by rate or by seed, over time, or on the plane of two quantities."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from PySide6.QtGui import QColor

from chainrule.session.racing import Contender, RaceOver, Racer
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.plots.chart.palette import Marker, class_color, class_mark
from chainrule.ui.race.chart import RacePicture, RacePoint
from chainrule.ui.race.curves import CurvesPicture
from chainrule.ui.race.plane import PlanePicture
from chainrule.ui.race.words import contender_in_words, subject_of
from chainrule.ui.style.appearance import Appearance

# So many curves at most, the best ones: more would be a carpet.
MOST_CURVES = 64
_OF_SEEDS = (RaceOver.SEEDS, RaceOver.INITIALIZATIONS)


@dataclass(frozen=True, slots=True)
class Looks:
    """The colours and marks of the runs: a group each, by optimizer or by the way that weights are drawn."""

    groups: tuple[tuple[QColor, Marker], ...]
    group_of: tuple[int, ...]
    entries: tuple[LegendEntry, ...]

    @classmethod
    def of(cls, racer: Racer, look: Appearance) -> Looks:
        """Return those of a race."""
        names = [_group(contender) for contender in racer.contenders]
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        groups = tuple((class_color(look, place), class_mark(place)) for place in range(len(places)))
        entries = tuple(LegendEntry(name, *group) for name, group in zip(places, groups, strict=True))
        return cls(groups, tuple(places[name] for name in names), entries if len(entries) > 1 else ())


def _group(contender: Contender) -> str:
    return contender.scheme or contender.optimizer.name


def race_picture(racer: Racer, looks: Looks, chosen: int | None, most: float) -> RacePicture:
    """Return each run at its rate or its seed."""
    of_seeds = racer.question.over in _OF_SEEDS
    points, subject = [], subject_of(racer)
    for place, contender in enumerate(racer.contenders):
        finish = racer.finish_of(place)
        if finish is not None:
            across = float(contender.seed) if of_seeds else contender.lr
            points.append(RacePoint(place, across, finish.loss, looks.group_of[place]))
    name = "seed" if of_seeds else "lr"
    return RacePicture(
        name, not of_seeds, tuple(points), looks.groups, chosen, joins=not of_seeds, most=most, subject=subject
    )


def plane_picture(racer: Racer, chosen: int | None, most: float) -> PlanePicture:
    """Return each run at its two numbers."""
    plane = racer.question.plane
    finishes = [racer.finish_of(run) for run in range(len(racer.contenders))]
    losses = [np.nan if finish is None or finish.loss is None else finish.loss for finish in finishes]
    lost = [finish is not None and finish.loss is None for finish in finishes]
    shape = (plane.side, plane.side)
    return PlanePicture(
        plane, np.array(losses).reshape(shape), np.array(lost).reshape(shape), most, chosen, subject_of(racer)
    )


def curves_picture(racer: Racer, looks: Looks, chosen: int | None, most: float, digits: int | None) -> CurvesPicture:
    """Return the losses of the best runs over time, and of the chosen one; before they come out, of the first ones."""

    def rank(run: int) -> float:
        finish = racer.finish_of(run)
        return inf if finish is None or finish.loss is None else finish.loss

    assert racer.race is not None
    runs = sorted(range(len(racer.contenders)), key=rank)[:MOST_CURVES]
    if chosen is not None and chosen not in runs:
        runs[-1] = chosen
    name = "" if chosen is None else contender_in_words(racer.contenders[chosen], racer.question.over, digits)
    losses = racer.race.losses[:, runs].numpy()
    each = tuple(looks.groups[looks.group_of[run]] for run in runs)
    return CurvesPicture(tuple(runs), losses, racer.race.every, each, chosen, name, most, subject_of(racer))
