"""Which parameter of an experiment each saved tensor belongs to: by its name, or by order and shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.arguments import MAX_INTEGER
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError, one_line
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.program.program import compile_program
from chainrule.engine.state import TrainingState, fit_state, state_to_keep
from chainrule.model.weights.optimizer_groups import groups_in, order_of, with_settings
from chainrule.model.weights.weight_files import SavedWeights

# What DataParallel and torch.compile put in front of each name.
_WRAPPERS = ("module.", "_orig_mod.")
# More names than these are only counted.
MOST_NAMES = 6
# Sums and averages of squares, the largest sizes of gradients, and counts.
_NEVER_NEGATIVE = frozenset(
    ("step", "sum", "square_avg", "acc_delta", "exp_avg_sq", "max_exp_avg_sq", "exp_inf", "row_var", "col_var")
)


@dataclass(frozen=True, slots=True)
class TakenWeights:
    """An experiment with the weights that fit, and notes in words about those that do not."""

    experiment: Experiment
    notes: tuple[str, ...]


def with_weights(experiment: Experiment, saved: SavedWeights) -> TakenWeights:
    """Return a checked experiment that begins with saved weights, and with the optimizer's state where it is there.

    Raises `SpecError` with the path `$` where none of them fits.
    """
    shapes = experiment.network.parameter_shapes()
    tensors = {_bare(name): tensor for name, tensor in saved.tensors.items()}
    names = _names(experiment, tensors)
    fitting = {ref: name for ref, name in names.items() if tuple(tensors[name].shape) == shapes[ref]}
    if not fitting:
        wanted = ", ".join(f"{ref} {shape}" for ref, shape in list(shapes.items())[:MOST_NAMES])
        got = ", ".join(f"{name} {tuple(tensor.shape)}" for name, tensor in list(tensors.items())[:MOST_NAMES])
        raise SpecError("$", one_line(f"no weights fit: the network has {wanted}; the file has {got or 'nothing'}"))
    notes = [
        one_line(f"{names[ref]} has the shape {tuple(tensors[names[ref]].shape)} and {ref} {shapes[ref]}: left out")
        for ref in names
        if ref not in fitting
    ]
    notes += _told("the file has nothing for", [ref for ref in shapes if ref not in names])
    kept = {_bare(name) for name in saved.tensors} - set(fitting.values())
    state_names = {name for name in kept if any(name.startswith(f"{ref}.") for ref in shapes)}
    notes += _told("not needed, and left out:", sorted(kept - state_names - set(names.values())))
    drawn = initial_parameters(experiment)
    values = {ref: tensors[name].to(drawn[ref].dtype) for ref, name in fitting.items()}
    for ref, value in values.items():
        if not torch.isfinite(value).all():
            raise SpecError("$", one_line(f"{fitting[ref]} has numbers that are not finite"))
    numbers: dict[ValueRef, NestedNumbers] = {ref: _tuples(value.tolist()) for ref, value in values.items()}
    taken = replace(experiment, parameters={**experiment.parameters, **numbers}, state=None)
    groups = groups_in(saved.optimizer)
    if saved.optimizer is not None and not groups:
        notes.append("the optimizer's settings were left out: the file has none as torch writes them")
    taken = with_settings(taken, groups, notes) if groups else taken
    memory = {name: tensors[name] for name in state_names} or _optimizer_state(
        saved, _order(taken, saved, fitting), notes
    )
    return TakenWeights(with_optimizer_state(taken, memory, notes), tuple(notes))


def _bare(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    return name


def _names(experiment: Experiment, tensors: Mapping[str, Tensor]) -> dict[ValueRef, str]:
    """Return the name in the file of each parameter that has one there."""
    shapes = experiment.network.parameter_shapes()
    if any(ref in tensors for ref in shapes):
        return {ref: str(ref) for ref in shapes if ref in tensors}
    if experiment.network.formula:
        return {}
    found: dict[ValueRef, str] = {}
    layer = -1
    for name, tensor in tensors.items():
        owner, _, kind = name.rpartition(".")
        if kind == "weight" and tensor.dim() == 2:  # noqa: PLR2004 - (out, in)
            layer += 1
            found[refs.weight(layer)] = name
            bias = f"{owner}.bias" if owner else "bias"
            if bias in tensors:
                found[refs.bias(layer)] = bias
        elif kind == "weight" and refs.learned(layer, kind) in shapes and f"{owner}.running_mean" not in tensors:
            found[refs.learned(layer, kind)] = name
    return {ref: name for ref, name in found.items() if ref in shapes}


def _told(words: str, names: list[Any]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return [one_line(f"{words} {', '.join(map(str, names[:MOST_NAMES]))}{more}")]


def _order(experiment: Experiment, saved: SavedWeights, fitting: Mapping[ValueRef, str]) -> list[ValueRef] | None:
    """Return the parameters as torch counts them in the optimizer: in the order of the module's own."""
    names = [_bare(name) for name in saved.tensors]
    by_name = {name: ref for ref, name in fitting.items()}
    if set(names) != set(by_name):
        return None
    return order_of(experiment, groups_in(saved.optimizer), [by_name[name] for name in names])


def _optimizer_state(saved: SavedWeights, order: list[ValueRef] | None, notes: list[str]) -> dict[str, Any]:
    """Return the optimizer's buffers by the names that refs have; a note says why, where they cannot be told apart."""
    state = (saved.optimizer or {}).get("state", {})
    if not isinstance(state, dict) or not all(isinstance(buffers, dict) for buffers in state.values()):
        notes.append("the optimizer's state was left out: it is no table of what is kept for each parameter")
        return {}
    if not state:
        return {}
    if order is None or not all(isinstance(key, int) and 0 <= key < len(order) for key in state):
        notes.append("the optimizer's state was left out: it cannot be told which parameter each part is of")
        return {}
    return {f"{order[key]}.{name}": value for key, buffers in state.items() for name, value in buffers.items()}


def with_optimizer_state(experiment: Experiment, memory: Mapping[str, Any], notes: list[str]) -> Experiment:
    """Return a checked experiment that goes on from an optimizer's buffers, by the names that refs have.

    What it keeps none of, and what cannot be a buffer's value, is left out, with a note.
    """
    if not memory:
        return experiment
    program = compile_program(experiment)
    known = {ValueRef(ref): value for ref, value in memory.items() if ValueRef(ref) in program.memory}
    if not known:
        notes.append(f"the optimizer's state was left out: {experiment.optimizer.name} keeps none of that kind")
        return experiment
    values, unfit = {}, []
    for ref, value in known.items():
        fitted = _fitted(program.values[ref].name, value, program.memory[ref].shape)
        if isinstance(fitted, Tensor):
            values[ref] = fitted
        else:
            unfit.append(f"{ref} {fitted}")
    notes += _told("of the optimizer's state was left out, and begins anew:", unfit)
    counts = {int(value) for ref, value in values.items() if ref.endswith(".step")}
    iteration = counts.pop() if len(counts) == 1 else 0
    state = fit_state(TrainingState(iteration, {**initial_parameters(experiment), **values}), experiment, program)
    return replace(experiment, state=state_to_keep(state, experiment, program))


def _fitted(name: str, value: Any, shape: tuple[int, ...]) -> Tensor | str:
    """Return a saved buffer of a name as it is kept here, or in words why it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, Tensor | int | float):
        return "is no number"
    try:
        tensor = value if isinstance(value, Tensor) else torch.tensor(float(value))
    except OverflowError:
        return "is too large"
    if tensor.numel() != _count(shape):
        return f"has the shape {tuple(tensor.shape)}"
    found = tensor.double().reshape(shape)
    if not torch.isfinite(found).all():
        return "is not finite"
    if name in _NEVER_NEGATIVE and (found < 0).any():
        return "is negative"
    if name == "step" and (found > MAX_INTEGER).any():
        return "is too large"
    return found


def _count(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
