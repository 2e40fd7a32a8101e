"""What training carries from one iteration to the next, beside the parameters: its shapes, and how it begins."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.arguments import Integer, SpecError, one_of
from chainrule.catalog.experiment.numbers import check_numbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedule import optimizer_setting, optimizers_of, rates, scheduled_values
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.graph import graph_of, reached

# How many iterations may have come before.
ITERATION = Integer("iteration", 0, "iteration", minimum=0, maximum=10**15)
# Beyond, what a schedule has set by then is not computed step by step.
FAR = 1_000_000


@dataclass(frozen=True, slots=True)
class InitialValue:
    """What a carried value is before the first iteration: its shape, filled with one number.

    `is_number` says that it is a counter or a rate, which is read as a Python number: float64, on the CPU.
    """

    shape: tuple[int, ...]
    initial: float
    is_number: bool = False


def initial_values(experiment: Experiment) -> dict[ValueRef, InitialValue]:
    """Return what optimizer and scheduler carry from one iteration to the next, by ref."""
    trained = trained_parameters(experiment)
    initial = _optimizer_values(experiment, trained) | _scheduled_values(experiment)
    if experiment.data.accumulate > 1:
        shapes = experiment.network.parameter_shapes()
        initial |= {refs.kept_gradient(ref): InitialValue(shapes[ref], 0.0) for ref in trained}
    return initial


def trained_parameters(experiment: Experiment) -> list[ValueRef]:
    """Return the parameters that have a gradient, in their order: not those that a formula's output is not computed
    from.
    """
    network = experiment.network
    found = [ref for ref in network.parameter_shapes() if ref not in experiment.frozen]
    if not network.formula:
        return found
    used = reached(graph_of(network.formula))
    return [ref for ref in found if ref in used]


def _optimizer_values(experiment: Experiment, trained: list[ValueRef]) -> dict[ValueRef, InitialValue]:
    shapes = experiment.network.parameter_shapes()
    entry = lookup(OPTIMIZERS, experiment.optimizer.name)
    state = {ref: entry.state(choice, shapes[ref]) for ref, choice in optimizers_of(experiment, trained).items()}
    settings = {buffer.initial for buffers in state.values() for buffer in buffers if isinstance(buffer.initial, str)}
    first = {name: _first(experiment, name) for name in settings}
    return {
        refs.optimizer_state(ref, buffer.name): InitialValue(
            buffer.extent.shape(shapes[ref]),
            first[buffer.initial][ref] if isinstance(buffer.initial, str) else buffer.initial,
            is_number=buffer.extent is Extent.SCALAR,
        )
        for ref, buffers in state.items()
        for buffer in buffers
    }


def _first(experiment: Experiment, setting: str) -> dict[ValueRef, float]:
    """Return what a setting is before the first iteration, for each parameter: its parameter group's."""
    numbers = rates(experiment) | scheduled_values(experiment)
    parameters = parameters_of(experiment.network)
    return {ref: numbers[optimizer_setting(experiment, each, setting)] for ref, each in parameters.items()}


def _scheduled_values(experiment: Experiment) -> dict[ValueRef, InitialValue]:
    return {ref: InitialValue((), number, is_number=True) for ref, number in scheduled_values(experiment).items()}


def check_state(experiment: Experiment) -> None:
    """Refuse a state to start from that holds what the experiment does not carry, or numbers of another shape."""
    start = experiment.state
    if start is None:
        return
    initial = initial_values(experiment)
    ITERATION.check(start.iteration, "$.state.iteration")
    scheduled = _scheduled_values(experiment).keys()
    if start.iteration > FAR and not start.values.keys() >= scheduled:
        lacking = ", ".join(sorted(scheduled - start.values.keys()))
        raise SpecError("$.state.values", f"expected {lacking} as well: the schedule is not followed so far")
    for ref, numbers in start.values.items():
        path = f"$.state.values.{ref}"
        if ref not in initial:
            known = one_of(initial) if initial else "nothing: neither optimizer nor scheduler keeps any"
            raise SpecError(path, f"no such value; this experiment keeps {known}")
        shape = initial[ref].shape
        check_numbers(numbers, shape, path, experiment.dtype if shape else "float64")
