"""What is said of a race: of each run, of all of it, and as a table to be copied."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_number
from chainrule.session.racing import Contender, RaceOver, RaceQuestion, Racer
from chainrule.translation import gettext
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.plots.subject import LOSS, Subject

HEADINGS: tuple[CopiedCell, ...] = ("optimizer", "lr", "seed")


def subject_of(racer: Racer) -> Subject:
    """Return what the runs make smaller: the loss, or the output of a formula by its name."""
    return LOSS if racer.started_as is None else Subject.of(racer.started_as)


def contender_in_words(contender: Contender, over: RaceOver, digits: int | None) -> str:
    """Return what a run has for itself: `lr 0.01`, `Adam, lr 0.01`, `seed 3`, `zeros, seed 3`, `lr 0.1, momentum 0`."""
    if over is RaceOver.PLANE:
        return ", ".join(f"{name} {format_number(value, digits)}" for name, value in contender.numbers)
    if over is RaceOver.INITIALIZATIONS:
        return gettext("{scheme}, seed {seed}", scheme=contender.scheme, seed=contender.seed)
    if over is RaceOver.SEEDS:
        return gettext("seed {seed}", seed=contender.seed)
    rate = gettext("lr {lr}", lr=format_number(contender.lr, digits))
    return f"{contender.optimizer.name}, {rate}" if over is RaceOver.OPTIMIZERS else rate


def finish_in_words(racer: Racer, run: int, digits: int | None) -> str:
    """Return how a run came out."""
    finish = racer.finish_of(run)
    if finish is None:
        return gettext("not run") if racer.is_cancelled else gettext("still running")
    if finish.loss is not None:
        return f"{subject_of(racer).short} {format_number(finish.loss, digits)}"
    if finish.diverged is not None:
        return f"diverged in iteration {finish.diverged:,}: its numbers were no longer finite"
    return finish.refusal


def run_in_words(racer: Racer, run: int, digits: int | None) -> str:
    """Return what a run has for itself, and how it came out, on a line each."""
    contender = contender_in_words(racer.contenders[run], racer.question.over, digits)
    return f"{contender}\n{finish_in_words(racer, run, digits)}"


def spoken(racer: Racer) -> str:
    """Return how all runs came out, for those who hear it."""
    finished = (run for run in range(len(racer.contenders)) if racer.finish_of(run) is not None)
    return "; ".join(run_in_words(racer, run, None).replace("\n", ": ") for run in finished)


def table_of_race(racer: Racer) -> list[tuple[CopiedCell, ...]]:
    """Return a row for each run, with every digit, under a row of headings."""
    over = racer.question.over
    headings: tuple[CopiedCell, ...] = HEADINGS
    if over is RaceOver.PLANE:
        headings = tuple(name for name, _ in racer.contenders[0].numbers)
    elif over is RaceOver.INITIALIZATIONS:
        headings = ("initialization", "seed")
    rows: list[tuple[CopiedCell, ...]] = [(*headings, subject_of(racer).short, "what became of it")]
    for run, contender in enumerate(racer.contenders):
        finish = racer.finish_of(run)
        loss = finish.loss if finish is not None else None
        became = "" if loss is not None else finish_in_words(racer, run, None)
        own: tuple[CopiedCell, ...] = (contender.optimizer.name, contender.lr, str(contender.seed))
        if over is RaceOver.PLANE:
            own = tuple(number for _, number in contender.numbers)
        elif over is RaceOver.INITIALIZATIONS:
            own = (contender.scheme, str(contender.seed))
        rows.append((*own, loss, became))
    return rows


def table_of_curves(racer: Racer, runs: Sequence[int]) -> list[tuple[CopiedCell, ...]]:
    """Return the losses of runs, with every digit: a row for each iteration that is kept, and a column for each run."""
    if racer.race is None:
        return []
    names = [contender_in_words(racer.contenders[run], racer.question.over, None) for run in runs]
    rows: list[tuple[CopiedCell, ...]] = [("iteration", *names)]
    for place, losses in enumerate(racer.race.losses[:, list(runs)].tolist()):
        rows.append((str(place * racer.race.every), *(loss if isfinite(loss) else None for loss in losses)))
    return rows


def foreseen_in_words(racer: Racer, question: RaceQuestion) -> str:
    """Return what a race would take: `64 runs, about 0.2 s`."""
    return f"{plural(racer.runs_of(question), 'run')}, {_about(racer.estimate(question).seconds)}"


def state_in_words(racer: Racer) -> str:
    """Return how far a race is, or what else than a loss came out; empty where that is nothing."""
    runs = len(racer.contenders)
    if racer.race is not None and racer.is_running:
        left = racer.seconds_left
        rest = gettext(", {about} left", about=_about(left)) if left is not None else ""
        return f"{100 * racer.race.progress:.0f} % of {plural(runs, 'run')}{rest}"
    finishes = [racer.finish_of(run) for run in range(runs)]
    diverged = sum(finish is not None and finish.diverged is not None for finish in finishes)
    refused = sum(finish is not None and bool(finish.refusal) for finish in finishes)
    missing = sum(finish is None for finish in finishes)
    parts = [f"{diverged:,} diverged"] * bool(diverged)
    parts += [f"{refused:,} could not be run"] * bool(refused)
    parts += [f"{missing:,} given up"] * bool(missing)
    parts += [gettext("without {names}, which this experiment does not allow", names=", ".join(racer.left_out))] * bool(
        racer.left_out
    )
    parts += [gettext("the experiment has been changed since")] * racer.is_outdated
    return gettext("Of {runs}: {names}", runs=plural(runs, "run"), names=", ".join(parts)) if parts else ""


def _about(seconds: float) -> str:
    if seconds < 1:
        return gettext("less than a second")
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min"
