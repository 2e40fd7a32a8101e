"""The course of training around a moment: what its iterations have computed, and what lies ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.document import Document, PinnedRun, Segment
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program
    from chainrule.model.curves.learning_rates import LearningRates
    from chainrule.model.curves.path import ParameterPath
    from chainrule.model.timeline.downsampled_series import Floats, Outline
    from chainrule.model.timeline.history import History
    from chainrule.model.timeline.layer_steps import LayerSteps
    from chainrule.model.timeline.records import Curve
    from chainrule.model.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A document's iterations, of which the first `horizon` have a loss: they were run, or stepped through.

    `timeline` remembers them, and computes once more what it does not remember; None until the engine is loaded, and
    until then nothing but `first` and `experiment_at` can be asked for.
    """

    document: Document
    horizon: int
    timeline: Timeline | None = None

    def is_like(self, other: Course) -> bool:
        """Return whether the same iterations have a loss, of the same training."""
        same = self.document.segments == other.document.segments and self.timeline is other.timeline
        return same and self.horizon == other.horizon

    @property
    def first(self) -> int:
        """The iteration that training begins with."""
        return self.document.first

    @property
    def trained(self) -> int:
        """How many iterations were run."""
        return self.document.trained

    @property
    def pinned(self) -> tuple[PinnedRun, ...]:
        """The runs that are pinned beside it."""
        return self.document.pinned

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The parts that were trained under the same settings, in order."""
        return self.document.segments

    def experiment_at(self, iteration: int) -> Experiment:
        """Return the experiment under which an iteration is computed."""
        return self.document.experiment_at(iteration)

    def history(self, iteration: int) -> History:
        """Return what is remembered of the part of training that an iteration is in."""
        return self._known.history(self.document, iteration)

    def program_at(self, iteration: int) -> Program:
        """Return the micro-steps of an iteration."""
        return self.history(iteration).executor.program.at(iteration)

    def end_of(self, iteration: int) -> Cursor:
        """Return the place behind the last micro-step of an iteration."""
        return Cursor(iteration, len(self.program_at(iteration).steps))

    # Curves by iteration

    def losses(self) -> Outline:
        """Return the loss of each iteration before its update."""
        return self._known.losses(self.document, self.horizon)

    def test_losses(self) -> Outline | None:
        """Return the loss of the test rows beside each of `losses`; None where no rows are held back."""
        return self._known.test_losses(self.document, self.horizon)

    def gradients(self) -> tuple[tuple[Curve, ...], int, Outline]:
        """Return the gradient curves since the last edit: what they are, where they begin, and their numbers."""
        return self._known.gradients(self.document, self.horizon)

    def layer_steps(self) -> tuple[LayerSteps, int, Outline, Outline]:
        """Return how the layers' weights are moved since the last edit: of which layers, from where on, the norms of
        their gradients, and the ratios of the updates to them.
        """
        return self._known.layer_steps(self.document, self.horizon)

    def learning_rates(self, experiment: Experiment, before: LearningRates | None) -> LearningRates:
        """Return the learning rates that were used, and those that an experiment will use.

        `before` is what was returned last, of which is taken what is the same.
        """
        return engine().learning_rates(self._known, self.document, experiment, self.horizon, before)

    def path(
        self, network: NetworkSpec, wanted: Sequence[ValueRef], last: int, most: int | None = None
    ) -> ParameterPath:
        """Return what some parameters of a network were from the first iteration on, up to the one that `last` begins
        with; of each part of training that had them about `most` iterations.
        """
        some = () if most is None else (most,)
        return engine().path(self._known, self.document, network, wanted, last, *some)

    # Single iterations: those of long ago are computed once more, from the nearest that is remembered

    def loss_at(self, iteration: int) -> float:
        """Return the loss of an iteration."""
        return self.history(iteration).numbers(iteration)[0]

    def test_loss_at(self, iteration: int) -> float:
        """Return the loss of the test rows that stands beside an iteration's loss."""
        return self.history(iteration).test_loss(iteration)

    def tested_at(self, iteration: int) -> int:
        """Return the iteration whose first parameters gave that loss of the test rows."""
        return self.history(iteration).records.tested_at(iteration)

    def gradients_at(self, iteration: int) -> Floats:
        """Return the numbers of the gradient curves in an iteration."""
        return self.history(iteration).numbers(iteration)[1]

    def rates_at(self, iteration: int, wanted: tuple[ValueRef, ...]) -> Floats:
        """Return the learning rates that an iteration used."""
        history = self.history(iteration)
        return history.numbers(iteration)[2][history.records.rates_of(wanted)]

    @property
    def _known(self) -> Timeline:
        assert self.timeline is not None
        return self.timeline


def course_up_to(course: Course, iteration: int) -> Course:
    """Return a course without what comes from an iteration on, and without the runs that are pinned beside it: these
    may be the same further on.
    """
    return replace(course, document=replace(course.document, pinned=()), horizon=min(course.horizon, iteration))
