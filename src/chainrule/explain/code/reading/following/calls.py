"""Calls of a script: classes and functions of its own, modules, methods of values, and what libraries have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from chainrule.explain.code.reading import signals, training
from chainrule.explain.code.reading.findings import NotUnderstoodError, ScriptLimitError
from chainrule.explain.code.reading.libraries import call_library
from chainrule.explain.code.reading.modules import settled, through_module
from chainrule.explain.code.reading.numbers.arrays import DTYPES, apply_method
from chainrule.explain.code.reading.numbers.initial_values import in_place
from chainrule.explain.code.reading.operators import MOST_ITEMS
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    Bound,
    DrawnOrder,
    ErrorTerm,
    LibraryName,
    ParameterGradient,
    Parent,
    PenaltyTerm,
    RowSet,
    ScriptArray,
    ScriptClass,
    ScriptCriterion,
    ScriptFunction,
    ScriptLoss,
    ScriptModule,
    ScriptOptimizer,
    ScriptScheduler,
    Signal,
)

DEEPEST_CALL = 40


def call_value(function: object, call: ScriptCall) -> object:
    """Return what a call gives."""
    if isinstance(function, LibraryName):
        if function.path == "builtins.super":
            return Parent(UNKNOWN)
        return call_library(function.path, call)
    if isinstance(function, ScriptFunction):
        return _run(function, call)
    if isinstance(function, ScriptClass):
        return instance_of(function, call)
    if isinstance(function, ScriptModule):
        return call_module(function, call)
    if isinstance(function, ScriptCriterion):
        return training.loss_of(function, call.get(0, "input"), call.get(1, "target"), call)
    if isinstance(function, Bound):
        return _method(function.owner, function.name, call)
    return UNKNOWN


def _run(function: ScriptFunction, call: ScriptCall) -> object:
    reader: Any = call.caller
    if reader.depth >= DEEPEST_CALL:
        raise ScriptLimitError(f"line {call.line}: functions call each other without an end")
    reader.depth += 1
    try:
        if function.is_generator:
            return reader.first_batch(function, call.args, call.named)
        return reader.run_function(function, call.args, call.named)
    finally:
        reader.depth -= 1


def instance_of(kind: ScriptClass, call: ScriptCall) -> object:
    """Return a new instance of a class of the script; what is no module is not followed."""
    if any(isinstance(base, LibraryName) and base.path.startswith("torch.optim") for base in kind.bases):
        raise NotUnderstoodError("an optimizer or scheduler of the script's own is not known here")
    made = ScriptModule("class" if kind.is_module else "object", defined=kind, line=call.line)
    first = kind.member("__init__")
    if isinstance(first, ScriptFunction):
        _run(first, ScriptCall(call.caller, [made, *call.args], call.named, call.node))
    if kind.is_module:
        call.state.modules.append(made)
    return made


def call_module(module: ScriptModule, call: ScriptCall) -> object:
    """Return what comes out of a module."""
    if module.defined is None:
        return through_module(module, call.get(0, "input"), call)
    forward = module.defined.member("forward") or module.defined.member("__call__")
    if not isinstance(forward, ScriptFunction):
        raise NotUnderstoodError("the module has no forward")
    args = [Signal(None) if each is UNKNOWN else each for each in call.args]
    call.state.forwards += 1
    try:
        found = _run(forward, ScriptCall(call.caller, [module, *args], call.named, call.node))
    finally:
        call.state.forwards -= 1
    if isinstance(found, Signal) and found.layers and not call.state.forwards:
        # What the network does to its last layer is that one's activation, and no part of a loss.
        found = settled(found, call)
    if isinstance(found, Signal) and found.layers:
        call.state.signals.append(found)
    return found


def _method(owner: object, name: str, call: ScriptCall) -> object:
    if isinstance(owner, ScriptModule):
        return module_method(owner, name, call)
    if isinstance(owner, ScriptArray):
        return _array_method(owner, name, call)
    if isinstance(owner, Signal):
        return signals.signal_method(owner, name, call)
    if isinstance(owner, ErrorTerm):
        return signals.element_function(name, ScriptCall(call.caller, [owner, *call.args], call.named, call.node))
    if isinstance(owner, ScriptLoss):
        return _loss_method(owner, name, call)
    if isinstance(owner, ScriptOptimizer):
        return training.optimizer_method(owner, name, call)
    if isinstance(owner, ScriptScheduler):
        return training.scheduler_method(owner, name, call)
    return _other_method(owner, name, call)


def _other_method(owner: object, name: str, call: ScriptCall) -> object:
    if isinstance(owner, PenaltyTerm):
        found = training.penalty_function(owner, name, call)
        if found is None:
            raise NotUnderstoodError
        return found
    if isinstance(owner, Parent):
        return UNKNOWN
    if isinstance(owner, ParameterGradient):
        call.state.training.clears |= name == "zero_"
        return UNKNOWN
    if isinstance(owner, list):
        return _list_method(owner, name, call)
    if isinstance(owner, DrawnOrder):
        return _split(owner, name, call)
    if isinstance(owner, dict):
        found = {"items": list(owner.items()), "keys": list(owner), "values": list(owner.values())}
        return found.get(name, UNKNOWN)
    if isinstance(owner, RowSet | str | int | float | tuple):
        return UNKNOWN
    raise NotUnderstoodError


def _split(owner: DrawnOrder, name: str, call: ScriptCall) -> object:
    """Return the first batch of rows, in the place of all."""
    size = call.get(0, "split_size")
    if name in ("split", "tolist") and (size is None or (isinstance(size, int) and size > 0)):
        return [replace(owner, batch_size=size)] if name == "split" else owner
    raise NotUnderstoodError


def _list_method(owner: list[object], name: str, call: ScriptCall) -> object:
    if name == "append" and len(owner) < MOST_ITEMS:
        owner.append(call.get(0, "object"))
    elif name in ("extend", "__iadd__") and isinstance(call.get(0, "iterable"), list | tuple):
        if len(owner) + len(call.args[0]) > MOST_ITEMS:
            raise NotUnderstoodError("too long")
        owner.extend(call.args[0])
    elif name == "insert" and isinstance(call.get(0, "index"), int) and len(owner) < MOST_ITEMS:
        owner.insert(call.args[0], call.get(1, "object"))
    elif name == "pop" and owner:
        return owner.pop()
    return UNKNOWN


def _loss_method(owner: ScriptLoss, name: str, call: ScriptCall) -> object:
    seen = call.state.training
    if name == "backward":
        if seen.backward is not None and call.state.loops and seen.backward_line not in (0, call.line):
            text = "a second backward pass adds its gradients here, which was left out"
            call.state.findings.add(call.line, text)
            return UNKNOWN
        seen.backward, seen.backward_line = owner, call.line
        seen.in_loop = bool(call.state.loops)
        return UNKNOWN
    if name in ("mean", "sum"):
        return signals.reduced(owner, name, call)
    if name in ("to", "double", "float", "requires_grad_"):
        return owner
    return UNKNOWN


def module_method(owner: ScriptModule, name: str, call: ScriptCall) -> object:
    """Return what a method of a module gives: one of the script's own, or of `torch.nn.Module`."""
    member = owner.defined.member(name) if owner.defined is not None else None
    if isinstance(member, ScriptFunction):
        return _run(member, ScriptCall(call.caller, [owner, *call.args], call.named, call.node))
    if name in ("parameters", "named_parameters"):
        found = list(owner.parameters())
        return [array for _, array in found] if name == "parameters" else found
    if name in ("children", "modules", "named_children", "named_modules"):
        listed = list(owner.children() if name.endswith("children") else owner.modules())
        return listed if name.startswith("named") else [child for _, child in listed]
    if name == "apply":
        # Of a module that is there twice, torch takes one.
        for child in {id(child): child for _, child in owner.children()}.values():
            module_method(child, name, call)
        call.caller.call(call.get(0, "fn"), [owner], {}, call.node)
        return owner
    if name in ("add_module", "register_module", "append", "register_parameter"):
        return _add(owner, name, call)
    if name == "forward":
        return through_module(owner, call.get(0, "input"), call)
    if name in ("state_dict", "zero_grad", "register_buffer", "named_buffers", "share_memory"):
        call.state.training.clears |= name == "zero_grad"
        return UNKNOWN
    return _converted(owner, name, call)


def _add(owner: ScriptModule, name: str, call: ScriptCall) -> object:
    key, value = (str(len(owner.attributes)), call.get(0, "module")) if name == "append" else call.args[:2]
    if not isinstance(key, str):
        raise NotUnderstoodError
    owner.attributes[key] = value
    return owner


def _converted(owner: ScriptModule, name: str, call: ScriptCall) -> object:
    """Follow what torch does to all parameters of a module, and returns the module."""
    if name in ("double", "float", "to", "type"):
        given = DTYPES.get(getattr(call.get(0, "dtype"), "path", ""))
        dtype = {"double": torch.float64, "float": torch.float32}.get(name, given)
        for _, array in owner.parameters():
            if dtype is not None and isinstance(array.data, torch.Tensor):
                array.data = array.data.to(dtype)
    elif name == "requires_grad_":
        for _, array in owner.parameters():
            array.frozen = call.get(0, "requires_grad", True) is False
    elif name in ("train", "eval"):
        for _, module in owner.modules():
            module.attributes["training"] = name == "train" and call.get(0, "mode", True) is not False
    elif name == "reset_parameters" and owner.kind == "Linear":
        fresh: Any = call.caller.call(
            LibraryName("torch.nn.Linear"),
            [owner.attributes["in_features"], owner.attributes["out_features"]],
            {},
            call.node,
        )
        call.state.modules.pop()
        for key, array in fresh.parameters():
            if isinstance(old := owner.attributes.get(key), ScriptArray):
                old.data = array.data
    elif name not in ("cuda", "cpu", "compile", "half"):
        raise NotUnderstoodError
    return owner


def _array_method(owner: ScriptArray, name: str, call: ScriptCall) -> object:
    if name == "requires_grad_":
        asked = call.get(0, "requires_grad", True) is not False
        owner.learned, owner.frozen = owner.learned or asked, not asked
        return owner
    if name in ("backward", "retain_grad", "register_hook"):
        raise NotUnderstoodError
    if name == "split" and call.state.loops and len(owner.shape) == 1:
        return _split(DrawnOrder(owner.shape[0], is_drawn=False), name, call)
    found = training.penalty_function(owner, name, call)
    if found is not None:
        return found
    if name in ("mm", "matmul"):
        other = call.get(0, "other")
        if isinstance(other, ScriptArray) and other.learned:
            return signals.matrix_product(Signal(owner), other, call)
    if any(each is UNKNOWN or isinstance(each, Signal) for each in call.args) and name not in ("to", "copy_"):
        return UNKNOWN
    if in_place(owner, name, call):
        return owner
    if name == "to":
        call = ScriptCall(
            call.caller,
            [each for each in call.args if each is not UNKNOWN and not isinstance(each, str)],
            {key: value for key, value in call.named.items() if key == "dtype"},
            call.node,
        )
    found = apply_method(owner, name, call)
    if isinstance(found, ScriptArray) and owner.learned and name in ("to", "double", "float", "clone", "t", "cuda"):
        found.learned = True
    return found
