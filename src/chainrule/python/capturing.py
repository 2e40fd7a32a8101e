"""The experiment of a living `nn.Module`: `torch.fx` says in which order its layers are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, one_of
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, ParameterGroup
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.code.reading.assembling import nested, rows_of, target_rows
from chainrule.explain.code.reading.modules import PASSING, SHORT
from chainrule.explain.code.reading.values import ScriptArray
from chainrule.model.weights.matching import with_optimizer_state

PLAIN_OPTIMIZER = Choice("SGD", {"lr": 0.01})
# What a tensor is changed to without changing its numbers.
_PASSED = ("flatten", "view", "reshape", "squeeze", "contiguous", "to", "float", "double")


class UnknownModuleError(ValueError):
    """A module, or a function in its `forward`, that is not known here; says which."""


@dataclass(slots=True)
class _Captured:
    """The layers until now, with their parameters."""

    layers: list[LayerSpec]
    parameters: dict[ValueRef, Tensor]
    inputs: int = 0


def captured(model: nn.Module, inputs: Any, targets: Any, loss: Any, optimizer: Any, title: str) -> Experiment:
    """Return the experiment of a module with its data, its loss and what trains it."""
    if not isinstance(model, nn.Module):
        raise UnknownModuleError(f"expected a model, an nn.Module, got {_kind(model)}")
    if title and not isinstance(title, str):
        raise UnknownModuleError(f"expected a text as the title, got {_kind(title)}")
    found = _layers(model)
    network = NetworkSpec(found.inputs, tuple(found.layers))
    choice = _loss(loss)
    data = _data(inputs, targets, network, choice)
    tensors = {ref: parameter.detach().cpu() for ref, parameter in found.parameters.items()}
    dtypes = {tensor.dtype for tensor in tensors.values()}
    if not dtypes <= {torch.float32, torch.float64} or len(dtypes) > 1:
        raise UnknownModuleError(f"expected parameters in float32 or float64, got {one_of(map(str, dtypes))}")
    experiment = Experiment(
        network,
        data,
        loss=choice,
        title=title or type(model).__name__,
        parameters={ref: _numbers(tensor) for ref, tensor in tensors.items()},
        frozen=frozenset(ref for ref, parameter in found.parameters.items() if not parameter.requires_grad),
        dtype=str(dtypes.pop()).removeprefix("torch."),
        optimizer=PLAIN_OPTIMIZER,
    )
    return checked_experiment(experiment) if optimizer is None else _optimized(experiment, optimizer, found.parameters)


def _kind(given: object) -> str:
    return f"the class {given.__name__}" if isinstance(given, type) else type(given).__name__


def _numbers(tensor: Tensor) -> NestedNumbers:
    return nested(tensor)


# ------------------------------------------------------------------------------------------------------- layers


def _layers(model: nn.Module) -> _Captured:
    found = _Captured([], {})
    if isinstance(model, nn.Linear):
        _add_linear(found, model, "the module")
        return found
    try:
        graph = fx.Tracer().trace(model)
    except Exception as error:
        # What somebody else's code raises where it is given no numbers can be anything.
        text = f"its forward cannot be followed: {str(error).partition(chr(10))[0] or type(error).__name__}"
        raise UnknownModuleError(text) from None
    for node in graph.nodes:
        _take(found, node, model)
    if not found.layers:
        raise UnknownModuleError("it has no nn.Linear")
    return found


def _take(found: _Captured, node: fx.Node, model: nn.Module) -> None:
    """Take one call of the forward pass; a network here is a chain, in which each reads the one before it."""
    if node.op in ("placeholder", "output"):
        return
    if _is_size(node):
        return
    others = [each for each in node.all_input_nodes if each is not node.prev and not _is_size(each)]
    if others and not all(_reaches(each, node) for each in others):
        raise UnknownModuleError(f"{node.target} reads other values than those of the layer before it: no chain")
    if node.op == "call_module":
        _take_module(found, model.get_submodule(str(node.target)), str(node.target))
    elif node.op in ("call_function", "call_method"):
        _take_function(found, node)
    else:
        raise UnknownModuleError(f"{node.target} is used in its forward, which is not known here")


def _is_size(node: fx.Node) -> bool:
    """Return whether a shape, or a number of it, is asked for."""
    if node.op == "call_method":
        return node.target == "size"
    return node.op == "call_function" and getattr(node.target, "__name__", "") in ("getattr", "getitem")


def _reaches(node: fx.Node, user: fx.Node) -> bool:
    """Return whether a value is that of the last layer before its user: only sizes were asked for between them."""
    between = node.next
    while between is not user:
        if not _is_size(between):
            return False
        between = between.next
    return True


def _take_module(found: _Captured, module: nn.Module, name: str) -> None:
    kind = type(module).__name__
    if isinstance(module, nn.Linear):
        _add_linear(found, module, name)
    elif kind in ACTIVATIONS and type(module).__module__.startswith("torch."):
        names = [argument.name for argument in ACTIVATIONS[kind].arguments]
        _activate(found, Choice(kind, {key: _plain(getattr(module, key)) for key in names if hasattr(module, key)}))
        for vector in ACTIVATIONS[kind].learned:
            slope = getattr(module, vector.name)
            assert isinstance(slope, Tensor)
            found.parameters[refs.learned(len(found.layers) - 1, vector.name)] = slope
    elif kind.startswith("Dropout") and (not module.training or getattr(module, "p", 1) == 0):
        return
    elif kind not in PASSING:
        raise UnknownModuleError(f"{name}: {kind} is not known here")


def _add_linear(found: _Captured, module: nn.Linear, name: str) -> None:
    if any(map(nn.parameter.is_lazy, module.parameters())):
        raise UnknownModuleError(f"{name} is lazy, and has no numbers before its first call")
    if any(parameter.is_meta for parameter in module.parameters()):
        raise UnknownModuleError(f"{name} is on the device meta, and has no numbers")
    if nn.utils.parametrize.is_parametrized(module):
        raise UnknownModuleError(f"{name} computes its weight from other parameters, which is not known here")
    if not module.in_features or not module.out_features:
        raise UnknownModuleError(f"{name} has {module.in_features} inputs and {module.out_features} outputs")
    if found.layers and module.in_features != found.layers[-1].units:
        raise UnknownModuleError(f"{name} takes {module.in_features} numbers, and gets {found.layers[-1].units}")
    if any(parameter is module.weight for parameter in found.parameters.values()):
        raise UnknownModuleError(f"{name} is used twice, which is not known here")
    found.inputs = found.inputs or module.in_features
    index = len(found.layers)
    found.layers.append(LayerSpec(module.out_features, Choice("Identity"), bias=module.bias is not None))
    found.parameters[refs.weight(index)] = module.weight
    bias: Tensor | None = module.bias
    if bias is not None:
        found.parameters[refs.bias(index)] = bias


def _activate(found: _Captured, choice: Choice) -> None:
    if choice.name == "Identity":
        return
    if not found.layers:
        raise UnknownModuleError(f"{choice.name} stands before the first nn.Linear")
    last = found.layers[-1]
    if last.activation.name != "Identity":
        raise UnknownModuleError(f"{choice.name} follows {last.activation.name}: a layer has one activation here")
    found.layers[-1] = replace(last, activation=choice)


def _take_function(found: _Captured, node: fx.Node) -> None:
    target = node.target
    name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
    if name in _PASSED:
        return
    entry = SHORT.get(name.rstrip("_").replace("_", ""))
    if entry is None or ACTIVATIONS[entry].learned:
        raise UnknownModuleError(f"{name} is used in its forward, which is not known here")
    names = [argument.name for argument in ACTIVATIONS[entry].arguments]
    given = dict(zip(names, node.args[1:], strict=False)) | {k: v for k, v in node.kwargs.items() if k in names}
    _activate(found, Choice(entry, {key: _plain(value) for key, value in given.items()}))


# ----------------------------------------------------------------------------------------- what it is trained with


def _plain(value: Any) -> ArgumentValue:
    """Return an argument of torch's as the tables keep it."""
    if isinstance(value, Tensor):
        found: Any = value.tolist()
        return tuple(found) if isinstance(found, list) else found
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value  # type: ignore[no-any-return]


def _loss(loss: Any) -> Choice:
    name = loss if isinstance(loss, str) else type(loss).__name__
    if name not in LOSSES:
        raise UnknownModuleError(f"the loss {name} is not known here; there are {one_of(LOSSES)}")
    if isinstance(loss, str):
        return Choice(name)
    names = [argument.name for argument in LOSSES[name].arguments]
    return Choice(name, {key: _plain(getattr(loss, key)) for key in names if hasattr(loss, key)})


def _data(inputs: Any, targets: Any, network: NetworkSpec, loss: Choice) -> DataSpec:
    x, y = _tensor(inputs, "inputs"), _tensor(targets, "targets")
    if not x.numel() or x.numel() % network.inputs:
        raise UnknownModuleError(f"the inputs are {tuple(x.shape)}, and a row has {network.inputs} numbers")
    x = x.reshape(-1, network.inputs)
    found = target_rows(ScriptArray(y), network, loss, len(x))
    if found is None:
        raise UnknownModuleError(f"the targets are {tuple(y.shape)}, which does not fit {len(x)} rows")
    return DataSpec(rows_of(x), rows_of(found))


def _tensor(given: Any, what: str) -> Tensor:
    try:
        found = given.detach().cpu().to_dense() if isinstance(given, Tensor) else torch.as_tensor(np.asarray(given))
        if found.is_complex():
            raise ValueError("they are complex")
        return found
    except (TypeError, ValueError, RuntimeError) as error:
        raise UnknownModuleError(f"the {what} are no numbers: {str(error).partition(chr(10))[0]}") from None


def _optimized(experiment: Experiment, optimizer: Any, parameters: dict[ValueRef, Tensor]) -> Experiment:
    """Return the experiment with an optimizer of torch's: its arguments, its groups, and what it keeps by now."""
    name = type(optimizer).__name__
    if name not in OPTIMIZERS or not isinstance(optimizer, torch.optim.Optimizer):
        raise UnknownModuleError(f"the optimizer {name} is not known here; there are {one_of(OPTIMIZERS)}")
    by_identity = {id(parameter): ref for ref, parameter in parameters.items()}
    names = [argument.name for argument in OPTIMIZERS[name].arguments]
    arguments = _of_group(optimizer.param_groups[0], names)
    groups, trained = [], set[ValueRef]()
    for group in optimizer.param_groups:
        own = [by_identity[id(each)] for each in group["params"] if id(each) in by_identity]
        trained.update(own)
        different = {key: value for key, value in _of_group(group, names).items() if value != arguments[key]}
        if different and own:
            groups.append(ParameterGroup(tuple(own), different))
    if not trained:
        raise UnknownModuleError("the optimizer trains none of the model's parameters")
    checked = checked_experiment(
        replace(
            experiment,
            optimizer=Choice(name, arguments),
            parameter_groups=tuple(groups),
            frozen=experiment.frozen | (set(parameters) - trained),
        )
    )
    memory = {
        f"{by_identity[id(parameter)]}.{key}": torch.as_tensor(value).cpu()
        for parameter, buffers in optimizer.state.items()
        if id(parameter) in by_identity
        for key, value in buffers.items()
        if isinstance(value, Tensor | int | float)
    }
    return with_optimizer_state(checked, memory, [])


def _of_group(group: dict[str, Any], names: list[str]) -> dict[str, ArgumentValue]:
    return {key: _plain(group[key]) for key in names if key in group}
