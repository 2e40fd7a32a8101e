"""The race of a session: one start under other rates, optimizers or seeds, and the one of them that is taken over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.arguments import Choice, SpecError, suggested
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.optimizers import OPTIMIZERS, complete_optimizer
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.editing import edits
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.race_quantities import SCALE, Quantity, RacePlane, equal_ratios, quantities
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.engine.race.race import Finish, Race, RaceEstimate

MOST_RUNS = 1024
MOST_ITERATIONS = 100_000
# A plane is looked into so many times; and so many numbers are scaled for its runs, at most, a side.
MOST_WIDER, MOST_SCALED = 32, 100_000
# An optimizer that is typed has no other one to be compared with by its name.
BY_FORMULA = "Formula"


class RaceOver(Enum):
    """What the runs of a race differ in."""

    RATES = "learning rates"
    OPTIMIZERS = "optimizers"
    SEEDS = "seeds"
    INITIALIZATIONS = "initializations"
    PLANE = "two quantities"


@dataclass(frozen=True, slots=True)
class RaceQuestion:
    """What is raced: `count` rates from `low` to `high`, by equal ratios, or as many seeds; for so many iterations.

    Of two quantities `plane` says which ones, from where to where.
    """

    over: RaceOver = RaceOver.RATES
    low: float = 1e-4
    high: float = 10.0
    count: int = 64
    iterations: int = 100
    plane: RacePlane = field(default_factory=RacePlane)

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates; their ends are exact."""
        return equal_ratios(self.low, self.high, self.count)

    def refusal(self) -> str:
        """Say in a sentence why it cannot be asked; empty where it can."""
        if self.over is RaceOver.PLANE and (why := self.plane.refusal()):
            return why
        if not 0 < self.low <= self.high:
            return "The rates go from a number above 0 to one that is not smaller."
        if not 1 <= self.count <= MOST_RUNS:
            return f"There can be 1 to {MOST_RUNS:,} runs."
        if not 1 <= self.iterations <= MOST_ITERATIONS:
            return f"There can be 1 to {MOST_ITERATIONS:,} iterations."
        return ""


@dataclass(frozen=True, slots=True)
class Contender:
    """One run of a race: what it has for itself, and the edit that gives an experiment the same.

    `numbers` are those of two quantities, by their names.
    """

    optimizer: Choice
    seed: int
    edit: edits.Edit
    scheme: str = ""
    numbers: tuple[tuple[str, float], ...] = ()

    @property
    def lr(self) -> float:
        """Its learning rate."""
        return self.optimizer.number("lr")


class Racer(QObject):
    """Races runs from the first weights, a slice at a time; the document stays as it is until one is taken over."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._slicer = TimeSlicer(self)
        self._slicer.frame.connect(self.changed)
        self._slicer.finished.connect(self.changed)
        self.question = RaceQuestion()
        self.contenders: tuple[Contender, ...] = ()
        # Optimizers that the experiment does not allow, and why.
        self.left_out: tuple[str, ...] = ()
        self.race: Race | None = None
        self.is_cancelled = False
        self._base: Experiment | None = None
        self._begun = 0.0
        # The races that the one on the screen looks into, the last one last.
        self._wider: list[tuple[object, ...]] = []
        self._refused: tuple[object, str] = (None, "")
        session.signals.replaced.connect(self._forget)

    # Asking

    def base(self) -> Experiment:
        """Return what the runs start as: the experiment as it is now, with its first weights."""
        state = self._session.state
        document, iteration = state.document, state.cursor.iteration
        if iteration <= document.first:
            return state.experiment
        return document.restarted(iteration).experiment_at(document.first)

    @property
    def started_as(self) -> Experiment | None:
        """What the runs of the race on the screen are edits of; None before there is one."""
        return self._base

    def runs_of(self, question: RaceQuestion) -> int:
        """Return how many runs a question asks for."""
        if question.over is RaceOver.PLANE:
            return question.plane.side**2
        if question.over is RaceOver.INITIALIZATIONS:
            return question.count * len(_schemes(self.base())[0])
        several = question.over is RaceOver.OPTIMIZERS
        return question.count * (len(_optimizers(self.base())[0]) if several else 1)

    def quantities(self) -> dict[str, Quantity]:
        """Return what two axes can be of, by name."""
        return quantities(self.base(), self._session.editor.initial_values)

    def estimate(self, question: RaceQuestion) -> RaceEstimate:
        """Return what a race takes, about."""
        base = self.base()
        heats = len(_optimizers(base)[0]) if question.over is RaceOver.OPTIMIZERS else 1
        if question.over is RaceOver.PLANE:
            known, plane = self.quantities(), question.plane
            same = all(known[axis.name].makes_same_steps for axis in (plane.across, plane.up))
            heats = 1 if same else plane.side
        runs = self.runs_of(question)
        found: RaceEstimate = engine().race_estimate(base, runs, heats, question.iterations)
        return found

    def refusal(self, question: RaceQuestion) -> str:
        """Say why a question cannot be raced; empty where it can."""
        found = question.refusal()
        if not found and (runs := self.runs_of(question)) > MOST_RUNS:
            return f"These are {runs:,} runs, and there can be {MOST_RUNS:,}."
        if not found and question.over is RaceOver.PLANE:
            base = self.base()
            if self._refused[0] != (question.plane, base):
                self._refused = (question.plane, base), self._refusal_of_plane(question.plane, base)
            found = self._refused[1]
        return found

    def _refusal_of_plane(self, plane: RacePlane, base: Experiment) -> str:
        known, axes = self.quantities(), (plane.across, plane.up)
        for axis in axes:
            if axis.name not in known:
                return f"This experiment has no {axis.name}."
        if not any(known[axis.name].makes_same_steps for axis in axes):
            return f"{axes[0].name} or {axes[1].name} has to be a rate, a momentum or the {SCALE}."
        if SCALE in (axis.name for axis in axes):
            count = sum(math.prod(shape) for shape in base.network.parameter_shapes().values())
            if count * plane.side > MOST_SCALED:
                return f"{count:,} weights are too many to be scaled for so many runs."
        first, second = (known[axis.name].edit for axis in axes)
        for across in (plane.across.low, plane.across.high):
            for up in (plane.up.low, plane.up.high):
                try:
                    checked_experiment(second(up)(first(across)(base)))
                except SpecError as error:
                    return refusal_in_words(error, base)
        return ""

    # Racing

    @property
    def is_running(self) -> bool:
        """Whether a race goes on."""
        return self._slicer.is_active

    @property
    def seconds_left(self) -> float | None:
        """How long it goes on, by what it took so far; None where that says nothing yet."""
        share = self.race.progress if self.race is not None else 0.0
        return (perf_counter() - self._begun) * (1 - share) / share if share > 0 else None

    @property
    def is_outdated(self) -> bool:
        """Whether the experiment has been changed in more than what the runs differ in."""
        base = self._base
        if base is None:
            return False
        now, edit = self.base(), self.contenders[0].edit
        return edit(edits.set_optimizer(base.optimizer)(_with_start_of(now, base))) != edit(base)

    def zoom(self, question: RaceQuestion) -> None:
        """Look into the race on the screen by another one; `back` shows it again."""
        before = (self.question, self._base, self.contenders, self.left_out, self.race)
        wider = [*self._wider, before][-MOST_WIDER:]
        self.start(question)
        self._wider = wider

    @property
    def can_go_back(self) -> bool:
        """Whether the race on the screen looks into another one."""
        return bool(self._wider)

    def back(self) -> None:
        """Show the race again that the one on the screen looks into."""
        self._slicer.cancel()
        self.question, self._base, self.contenders, self.left_out, self.race = self._wider.pop()  # type: ignore[assignment]
        self.is_cancelled = self.race is not None and not self.race.is_done
        self.changed.emit()

    def start(self, question: RaceQuestion) -> None:
        """Race; a race that goes on is given up. The question must not be refused."""
        self.cancel()
        self._wider = []
        self._session.state.wait_for_engine()
        self.question, self._base, self.is_cancelled = question, self.base(), False
        self.contenders, self.left_out = self._contenders(question, self._base)
        self._begun = perf_counter()
        experiments = [contender.edit(self._base) for contender in self.contenders]
        self.race = engine().race(experiments, question.iterations, engine().free_memory)
        self._slicer.start(self.race.advance())
        self.changed.emit()

    def cancel(self) -> None:
        """Give up a race that goes on; what has come out stays."""
        if self.is_running:
            self._slicer.cancel()
            self.is_cancelled = True
            self.changed.emit()

    def _forget(self) -> None:
        """Give up the race of an experiment that is no longer there: another one has nothing to take over from it."""
        self._slicer.cancel()
        self.contenders, self.left_out, self.race, self._base = (), (), None, None
        self._wider, self.is_cancelled = [], False
        self.changed.emit()

    def finish_of(self, run: int) -> Finish | None:
        """Return how a run came out; None while it has not."""
        return self.race.finishes[run] if self.race is not None else None

    @property
    def best(self) -> int | None:
        """The run with the smallest loss of those that came out."""
        found = [
            (finish.loss, run)
            for run in range(len(self.contenders))
            if (finish := self.finish_of(run)) is not None and finish.loss is not None
        ]
        return min(found)[1] if found else None

    @property
    def first_loss(self) -> float | None:
        """The largest loss that a run of those that came out began with."""
        if self.race is None:
            return None
        firsts = [loss for loss in self.race.losses[0].tolist() if math.isfinite(loss)]
        return max(firsts, default=None)

    def take_over(self, run: int) -> None:
        """Give the experiment what a run has, from its first weights on, as one edit.

        Raises `SpecError` where it has become another one that does not allow it.
        """
        self._session.editor.edit("Take over a run of the race", self.contenders[run].edit, restart=True)

    def _contenders(self, question: RaceQuestion, base: Experiment) -> tuple[tuple[Contender, ...], tuple[str, ...]]:
        seed = base.initialization.seed
        if question.over is RaceOver.SEEDS:
            initial = self._session.editor.initial_values
            seeds = range(question.count)
            return tuple(Contender(base.optimizer, each, edits.reseed(each, initial)) for each in seeds), ()
        if question.over is RaceOver.PLANE:
            return self._contenders_of_plane(question.plane, base), ()
        found: list[Choice] = [base.optimizer]
        left_out: tuple[str, ...] = ()
        if question.over is RaceOver.INITIALIZATIONS:
            schemes, left_out = _schemes(base)
            initial = self._session.editor.initial_values
            return tuple(
                Contender(base.optimizer, each, _drawn(scheme, each, initial), scheme.name)
                for scheme in schemes
                for each in range(question.count)
            ), left_out
        if question.over is RaceOver.OPTIMIZERS:
            found, left_out = _optimizers(base)
        choices = [choice.replace(lr=rate) for choice in found for rate in question.rates]
        return tuple(Contender(choice, seed, edits.set_optimizer(choice)) for choice in choices), left_out

    def _contenders_of_plane(self, plane: RacePlane, base: Experiment) -> tuple[Contender, ...]:
        """Return a run for each place, row by row from the lowest."""
        known = self.quantities()
        first, second = known[plane.across.name].edit, known[plane.up.name].edit
        found = []
        for up in plane.up.numbers(plane.side):
            for across in plane.across.numbers(plane.side):
                numbers = (plane.across.name, across), (plane.up.name, up)
                edit = _both(first(across), second(up))
                found.append(Contender(edit(base).optimizer, base.initialization.seed, edit, numbers=numbers))
        return tuple(found)


def _both(first: edits.Edit, second: edits.Edit) -> edits.Edit:
    return lambda experiment: second(first(experiment))


def _drawn(scheme: Choice, seed: int, initial: edits.InitialValues) -> edits.Edit:
    """Return the edit that draws the first weights by a scheme and a seed; frozen ones stay."""
    reseed = edits.reseed(seed, initial)

    def edit(experiment: Experiment) -> Experiment:
        drawn = reseed(experiment)
        return replace(drawn, initialization=replace(drawn.initialization, scheme=scheme))

    return edit


def _schemes(base: Experiment) -> tuple[list[Choice], tuple[str, ...]]:
    """Return every way to draw weights that an experiment allows, its own as it is, and the names of the others."""
    own, found, left_out = base.initialization.scheme, list[Choice](), list[str]()
    for name, entry in INITIALIZERS.items():
        scheme = own if name == own.name else suggested(name, entry.arguments, {})
        try:
            checked_experiment(edits.set_initialization(scheme)(base))
        except SpecError:
            left_out.append(name)
        else:
            found.append(scheme)
    return found, tuple(left_out)


def _optimizers(base: Experiment) -> tuple[list[Choice], tuple[str, ...]]:
    """Return every optimizer that an experiment allows, its own as it is, and the names of the others."""
    found, left_out = [], list[str]()
    for name, entry in OPTIMIZERS.items():
        if name == BY_FORMULA and base.optimizer.name != name:
            continue
        if name == base.optimizer.name:
            found.append(base.optimizer)
            continue
        choice = complete_optimizer(suggested(name, entry.arguments, {"lr": base.optimizer["lr"]}), "$.optimizer")
        try:
            checked_experiment(edits.set_optimizer(choice)(base))
        except SpecError:
            left_out.append(name)
        else:
            found.append(choice)
    return found, tuple(left_out)


def _with_start_of(now: Experiment, base: Experiment) -> Experiment:
    """Return an experiment with the first weights of another, which runs may have for themselves."""
    return replace(
        now, initialization=base.initialization, parameters=base.parameters, state=base.state, title=base.title
    )
