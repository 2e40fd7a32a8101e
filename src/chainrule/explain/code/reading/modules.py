"""Modules of `torch.nn`: making them, with first weights drawn as torch draws them, and what they do to a signal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, ArgumentValue, Choice
from chainrule.catalog.experiment.spec import MAX_LAYERS, MAX_PARAMETERS, MAX_UNITS
from chainrule.explain.code.reading.findings import NotUnderstoodError, ScriptLimitError, words
from chainrule.explain.code.reading.state import ScriptCall, whole
from chainrule.explain.code.reading.values import ReadLayer, ScriptArray, ScriptModule, Signal

NN = "torch.nn."
# Arguments of torch's that change no number.
WITHOUT_EFFECT = words(
    """
    inplace foreach fused capturable differentiable verbose last_epoch device _stacklevel
    """
)
# What is no layer of its own here, and leaves numbers as they are.
PASSING = frozenset(("Identity", "Flatten", "Unflatten"))
CONTAINERS = frozenset(("Sequential", "ModuleList", "ModuleDict"))
DROPPING = frozenset(("Dropout", "AlphaDropout", "FeatureAlphaDropout", "Dropout1d"))
SHORT = {entry.replace("_", "").lower(): entry for entry in ACTIVATIONS}
# How an activation is written in a formula, so that something can be done to what comes out.
WRITTEN = {
    "ReLU": "relu({})",
    "Sigmoid": "sigmoid({})",
    "Tanh": "tanh({})",
    "Softplus": "softplus({})",
    "SiLU": "({0})*sigmoid({0})",
    "Softsign": "({0})/(1 + abs({0}))",
    "LogSigmoid": "log(sigmoid({}))",
}
LONGEST_FORMULA = 400


def choice_from(name: str, arguments: Iterable[Argument], call: ScriptCall) -> Choice:
    """Return an entry of a table with the arguments of a call, by torch's order or names."""
    known = [argument.name for argument in arguments]
    if len(call.args) > len(known):
        raise NotUnderstoodError("more arguments than are known")
    given = dict(zip(known, call.args, strict=False))
    for key, value in call.named.items():
        if key in known:
            given[key] = value
        elif key not in WITHOUT_EFFECT and value is not None and value is not False:
            raise NotUnderstoodError(f"{key} is not known")
    return Choice(name, {key: argument_from(value, key) for key, value in given.items()})


def argument_from(value: object, name: str) -> ArgumentValue:
    """Return an argument as the tables keep it."""
    if isinstance(value, ScriptArray):
        numbers: Any = value.tensor.tolist()
        return tuple(numbers) if isinstance(numbers, list) else numbers
    if isinstance(value, list | tuple):
        return tuple(argument_from(item, name) for item in value)
    if value is None or isinstance(value, bool | int | float | str | Choice):
        return value
    raise NotUnderstoodError(f"{name} is not known")


def make_module(name: str, call: ScriptCall) -> object:
    """Return a module of `torch.nn` by its name."""
    made = ScriptModule(name, line=call.line)
    if name == "Linear":
        _make_linear(made, call)
    elif name in CONTAINERS:
        _fill(made, call)
    elif name in SHORT.values() and name != "Formula":
        made.choice = choice_from(name, ACTIVATIONS[name].arguments, call)
        _learn(made, name, call)
    elif name == "Flatten":
        made.attributes["start_dim"] = call.get(0, "start_dim", 1)
    elif name in DROPPING:
        made.attributes["p"] = call.get(0, "p", 0.5)
    elif name not in PASSING:
        text = f"{NN}{name} is no layer that is known here, and is passed over"
        call.state.findings.add(call.line, text)
    call.state.modules.append(made)
    return made


def _learn(made: ScriptModule, name: str, call: ScriptCall) -> None:
    if ACTIVATIONS[name].learned and made.choice is not None:
        count = whole(made.choice.arguments.get("num_parameters", 1), "num_parameters", MAX_UNITS)
        first = float(str(made.choice.arguments.get("init", 0.25)))
        made.attributes["weight"] = ScriptArray(torch.full((count,), first, dtype=call.state.dtype), learned=True)


def _make_linear(made: ScriptModule, call: ScriptCall) -> None:
    inputs = whole(call.needed(0, "in_features"), "in_features", MAX_UNITS)
    units = whole(call.needed(1, "out_features"), "out_features", MAX_UNITS)
    bias = call.get(2, "bias", True)
    if not inputs or not units or inputs * units > MAX_PARAMETERS:
        raise NotUnderstoodError(f"a layer has from 1 to {MAX_PARAMETERS} weights")
    call.state.spend(inputs * units)
    call.state.draw_from(call.line)
    dtype = call.named.get("dtype")
    kind = getattr(torch, getattr(dtype, "path", "").removeprefix("torch."), call.state.dtype)
    weight = torch.empty(units, inputs, dtype=kind if isinstance(kind, torch.dtype) else call.state.dtype)
    generator = call.state.generator
    torch.nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)
    arrays = [ScriptArray(weight, learned=True)]
    if bias:
        bound = 1 / math.sqrt(inputs)
        drawn = torch.empty(units, dtype=weight.dtype).uniform_(-bound, bound, generator=generator)
        arrays.append(ScriptArray(drawn, learned=True))
    for name, array in zip(("weight", "bias"), arrays, strict=False):
        made.attributes[name] = array
        call.state.note_drawn(array)
    made.attributes |= {"in_features": inputs, "out_features": units}


def _fill(made: ScriptModule, call: ScriptCall) -> None:
    items: list[tuple[object, object]] = list(enumerate(call.args))
    if len(call.args) == 1 and isinstance(call.args[0], dict):
        items = list(call.args[0].items())
    elif len(call.args) == 1 and isinstance(call.args[0], list | tuple):
        items = list(enumerate(call.args[0]))
    for name, item in items:
        # A function in a list is not torch's to take, but says what is meant.
        made.attributes[str(name)] = item if isinstance(item, ScriptModule) else ScriptModule("Unknown")


def through_module(module: ScriptModule, value: object, call: ScriptCall) -> object:
    """Return what a module of torch's makes of a signal, or of numbers."""
    if module.kind == "Linear":
        return through_linear(module, as_signal(value), call)
    if module.kind == "Sequential":
        for _, child in module.children():
            value = _through_child(child, value, call)
        return value
    if module.choice is not None:
        slope = module.attributes.get("weight")
        return activate(as_signal(value), module.choice, call, slope if isinstance(slope, ScriptArray) else None)
    if module.kind == "Flatten" and isinstance(value, Signal) and value.layers:
        return value.then(is_flat=module.attributes.get("start_dim") == 0)
    if module.kind in DROPPING and module.attributes.get("p") != 0 and module.attributes.get("training") is not False:
        text = "dropout is not known here, and is left out: each sample keeps all its numbers"
        call.state.findings.add(module.line or call.line, text)
    return value


def _through_child(child: ScriptModule, value: object, call: ScriptCall) -> object:
    try:
        return call.caller.call(child, [value], {}, call.node)
    except NotUnderstoodError as error:
        call.state.findings.add(child.line or call.line, f"nn.{child.kind} is left out: {error}")
        return value


def as_signal(value: object) -> Signal:
    """Return a signal as it is, and numbers as the input of a network."""
    if isinstance(value, Signal):
        return value
    rows = value.shape[0] if isinstance(value, ScriptArray) and len(value.shape) > 1 else None
    return Signal(value, rows=rows)


def through_linear(module: ScriptModule, signal: Signal, call: ScriptCall) -> Signal:
    """Return what comes out of a linear layer."""
    signal = settled(signal, call)
    if len(signal.layers) >= MAX_LAYERS:
        raise ScriptLimitError(f"expected at most {MAX_LAYERS} layers")
    return signal.then(layers=(*signal.layers, ReadLayer(module, line=module.line or call.line)), is_flat=False)


def activate(signal: Signal, choice: Choice, call: ScriptCall, slope: ScriptArray | None = None) -> Signal:
    """Return a signal behind an activation."""
    if not signal.layers:
        if choice.name != "Identity":
            raise NotUnderstoodError("there is no layer in front of the activation")
        return signal
    last = signal.layers[-1]
    if signal.after == "z" and last.activation is None:
        done = ReadLayer(last.module, choice, slope, last.line)
        return signal.then(layers=(*signal.layers[:-1], done))
    if choice.name == "Identity":
        return signal
    if choice.name not in WRITTEN or choice.arguments:
        raise NotUnderstoodError("a layer has one activation here, and this is a second one")
    return followed(signal, WRITTEN[choice.name])


def followed(signal: Signal, template: str) -> Signal:
    """Return a signal with something done to it, element by element: `sin({})`."""
    if not signal.layers:
        raise NotUnderstoodError("there is no layer in front of it")
    text = template.format(signal.after)
    if len(text) > LONGEST_FORMULA:
        raise NotUnderstoodError("the formula becomes too long")
    return signal.then(after=text)


def settled(signal: Signal, call: ScriptCall) -> Signal:
    """Return the signal with what was done to it since as the activation of its last layer."""
    if signal.after == "z" or not signal.layers:
        return signal.then(after="z")
    last = signal.layers[-1]
    text = formula_text(signal)
    if text is None:
        name = last.activation.name if last.activation else ""
        call.state.findings.add(call.line, f"what is done to the outputs of {name} is left out")
        return signal.then(after="z")
    done = ReadLayer(last.module, Choice("Formula", {"formula": text}), None, last.line)
    return signal.then(layers=(*signal.layers[:-1], done), after="z")


def formula_text(signal: Signal) -> str | None:
    """Return a signal as a formula of what its last linear layer gives; None where its activation has none."""
    activation = signal.layers[-1].activation
    if activation is None or activation.name == "Identity":
        return signal.after
    if activation.name not in WRITTEN or activation.arguments:
        return None
    return _with_z(signal.after, WRITTEN[activation.name].format("z"))


def together(symbol: str, left: Signal, right: Signal) -> Signal:
    """Return what an operator makes of two signals that come out of the same layer."""
    same = left.layers[:-1] == right.layers[:-1] and left.layers[-1].module is right.layers[-1].module
    one, other = formula_text(left), formula_text(right)
    if not same or one is None or other is None or len(one) + len(other) > LONGEST_FORMULA:
        raise NotUnderstoodError("the outputs of two layers are put together, which a chain of layers cannot say")
    bare = ReadLayer(left.layers[-1].module, line=left.layers[-1].line)
    return left.then(layers=(*left.layers[:-1], bare), after=f"({one}) {symbol} ({other})")


def _with_z(text: str, inner: str) -> str:
    """Return a formula with another in the place of z, which no function's name has alone."""
    parts = text.replace("z", "\0").split("\0")
    return f"({inner})".join(parts)


def functional(name: str) -> Callable[[ScriptCall], object] | None:
    """Return what an activation of `torch.nn.functional`, of torch or of a tensor does, by its name there."""
    entry = SHORT.get(name.rstrip("_").replace("_", ""))
    if entry is None or entry == "Formula":
        return None
    choice_name: str = entry

    def apply(call: ScriptCall) -> object:
        signal = call.get(0, "input")
        rest = call.without_first()
        rest.named.pop("input", None)
        slope = None
        if choice_name == "PReLU":
            slope = rest.get(0, "weight")
            return activate(as_signal(signal), Choice(choice_name), call, slope)
        if choice_name in ("Softmax", "LogSoftmax"):
            rest.named.pop("_stacklevel", None)
        choice = choice_from(choice_name, ACTIVATIONS[choice_name].arguments, rest)
        return activate(as_signal(signal), choice, call)

    return apply
