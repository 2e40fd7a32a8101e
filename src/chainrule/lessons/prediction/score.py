"""The score of predictions: what was asked, what was answered first, and how that was. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from chainrule.catalog.values.step_kinds import Phase
from chainrule.translation import gettext

# Stands for a number that is not shown yet.
HIDDEN = "?"


class PredictionOutcome(Enum):
    """How a prediction ended, by its first answer."""

    RIGHT = "right"
    ROUNDED = "rounded"
    WRONG = "wrong"
    # It was shown without an answer.
    REVEALED = "revealed"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One number that was asked for. `given` is the first answer, empty where there was none, and `right` the number.

    `tries` counts the answers, and `said` is what was said of the first.
    """

    experiment: str
    iteration: int
    phase: Phase
    name: str
    given: str
    right: str
    outcome: PredictionOutcome
    tries: int = 1
    said: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many predictions ended in which way."""

    asked: int
    right: int
    rounded: int
    wrong: int
    revealed: int


@dataclass(frozen=True, slots=True)
class PredictionScore:
    """All predictions, in their order."""

    predictions: tuple[Prediction, ...] = ()

    def added(self, prediction: Prediction) -> PredictionScore:
        """Return the score with one more prediction."""
        return PredictionScore((*self.predictions, prediction))

    def tried_again(self) -> PredictionScore:
        """Return the score with one more answer to the last prediction: the first one counts."""
        *others, last = self.predictions
        return PredictionScore((*others, replace(last, tries=last.tries + 1)))

    def without_last_number(self) -> PredictionScore:
        """Return the score with a question mark for the number of the last prediction."""
        *others, last = self.predictions
        return PredictionScore((*others, replace(last, right=HIDDEN)))

    def tally(self, phase: Phase | None = None) -> Tally:
        """Return how the predictions of a phase ended, or all of them."""
        found = [each.outcome for each in self.predictions if phase in (None, each.phase)]
        return Tally(len(found), *(found.count(outcome) for outcome in PredictionOutcome))

    @property
    def summary(self) -> str:
        """The score in a few words; empty where nothing was asked."""
        tally = self.tally()
        good = tally.right + tally.rounded
        return gettext("{good} of {asked} right", good=good, asked=tally.asked) if tally.asked else ""
