"""A number of each iteration, by the right method and by a wrong one that is made in every iteration."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor
from chainrule.lessons.calculation import Index
from chainrule.lessons.published.wrong_method import WrongMethod, WrongTraining
from chainrule.model.elements import is_inside


@dataclass(frozen=True, slots=True)
class BothNumbers:
    """A number of an iteration, by both methods; None where it is not computed, or cannot be any more."""

    iteration: int
    right: float | None
    wrong: float | None


def running_both(
    experiment: Experiment, method: WrongMethod, ref: ValueRef, index: Index, last: int
) -> Generator[None, None, tuple[BothNumbers, ...]]:
    """Train by both methods from the first iteration to the last, one a slice."""
    executor, found = Executor(experiment), list[BothNumbers]()
    training, state = WrongTraining(executor, method), executor.initial_state()
    while state.iteration <= last:
        iteration = state.iteration
        values, state = executor.advance(state)
        tensor = values.get(ref)
        right = None if tensor is None or not is_inside(index, tuple(tensor.shape)) else float(tensor[index])
        found.append(BothNumbers(iteration, right, training.number(ref, index, iteration)))
        yield
    return tuple(found)
