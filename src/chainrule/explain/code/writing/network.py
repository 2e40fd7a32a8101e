"""The network in code: `nn.Module` with its layers, or the lines of a formula, and the first values of parameters.

The shapes of code that are written, for whoever reads such scripts:

- `self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 1, bias=False)])`, and in `forward` one line a layer:
  `x = torch.relu(self.layers[0](x))`, `x = self.layers[1](x)` for Identity.
- An activation is `torch.relu`, `torch.sigmoid` or `torch.tanh`; else a module of its own, `self.activation_0 =
  nn.ELU(...)`, where torch has a class of its name; else a function `activation_0(z)` in front of the class, or a class
  where it learns something.
- A formula in the place of layers is a tensor () for each parameter, and a function `forward()` with its lines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.initializers import layer_scheme
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import initial_parameters
from chainrule.explain.code.writing.lines import CodeLine, Lines, call, expression, indented, plain
from chainrule.explain.code.writing.literals import keywords, safe_names, tensor, told
from chainrule.formula.graph import graph_of
from chainrule.formula.parse import parse_assignment
from chainrule.formula.tree import symbols_of
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.torch_text import TorchWriter

# Those that are mostly written as functions.
_FUNCTIONS = {"ReLU": "torch.relu", "Sigmoid": "torch.sigmoid", "Tanh": "torch.tanh"}
# Activations whose axis torch wants to be told: the units of a sample.
_OVER_UNITS = ("Softmax", "LogSoftmax")
TORCHS = "torch_default"


def parameter_code(experiment: Experiment) -> dict[ValueRef, str]:
    """Return what the script calls each parameter."""
    if experiment.network.formula:
        return {ref: _formula_names(experiment)[ref] for ref in experiment.network.parameter_shapes()}
    return {ref: f"network.{place}" for ref, place in _places(experiment).items()}


def state_names(experiment: Experiment) -> dict[ValueRef, str]:
    """Return the key that each parameter has in the script's `state_dict`: `layers.0.weight`, `activation_0.weight`."""
    if experiment.network.formula:
        return {ref: str(ref) for ref in experiment.network.parameter_shapes()}
    return {ref: place.replace("[", ".").replace("]", "") for ref, place in _places(experiment).items()}


def _places(experiment: Experiment) -> dict[ValueRef, str]:
    """Return where in the module each parameter of layers is, in the order of the network."""
    places = {}
    for index, layer in enumerate(experiment.network.layers):
        places[refs.weight(index)] = f"layers[{index}].weight"
        if layer.bias:
            places[refs.bias(index)] = f"layers[{index}].bias"
        for name in layer.learned:
            places[refs.learned(index, name)] = f"activation_{index}.{name}"
    return places


def forward_mark(layer: int) -> str:
    """Return the mark of the line that computes a layer."""
    return f"forward.{layer}"


class NetworkCode:
    """The code of an experiment's network; `helper` says that its functions call `by_case`."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment, self._network = experiment, experiment.network
        self.helper = False
        self.definitions = self._formula() if self._network.formula else self._module()

    def _module(self) -> Lines:
        layers = list(enumerate(self._network.layers))
        functions, modules, forward = list[CodeLine](), list[CodeLine](), list[CodeLine]()
        for index, layer in layers:
            before, made, function = self._activation(index, layer.activation, layer.units)
            functions += before
            modules += made
            inner = f"self.layers[{index}](x)"
            forward.append(CodeLine(f"x = {function}({inner})" if function else f"x = {inner}", forward_mark(index)))
        sizes = [(self._network.fan_in(index), layer.units, layer.bias) for index, layer in layers]
        linear = [f"nn.Linear({fan_in}, {units}{'' if bias else ', bias=False'})" for fan_in, units, bias in sizes]
        one = call("self.layers = nn.ModuleList([", linear, "])")
        if len(one) > 1:
            one = [*plain("self.layers = nn.ModuleList(", "    ["), *indented(one[1:-1]), *plain("    ]", ")")]
        body = [
            *plain("def __init__(self):"),
            *indented(plain("super().__init__()")),
            *indented(one),
            *indented(modules),
        ]
        after = [*plain("", "def forward(self, x):"), *indented(forward), *indented(plain("return x"))]
        return [*functions, *plain("class Network(nn.Module):"), *indented([*body, *after])]

    def _activation(self, index: int, choice: Choice, units: int) -> tuple[Lines, Lines, str]:
        """Return the function that goes before the class, the module that is made in it, and what is called."""
        entry, name = ACTIVATIONS[choice.name], f"activation_{index}"
        given = told(choice, entry.arguments)
        if choice.name == "Identity":
            return [], [], ""
        if choice.name in _FUNCTIONS and not given:
            return [], [], _FUNCTIONS[choice.name]
        if hasattr(nn, choice.name):
            if choice.name in _OVER_UNITS and given.get("dim") is None:
                given["dim"] = 1
            return [], call(f"self.{name} = nn.{choice.name}(", keywords(given)), f"self.{name}"
        if entry.couples_units:
            raise SpecError(f"$.network.layers[{index}].activation", f"PyTorch has no {choice.name}")
        writer = TorchWriter(lambda symbol: Printed(symbol.name))
        tree = entry.with_numbers(entry.tree(choice), choice)
        # A constant has a slope as well: 0.
        text = writer.text(tree) if symbols_of(tree) else f"0*z + {writer.as_tensor(tree)}"
        self.helper = self.helper or writer.needs_by_case
        body = indented(expression("return ", text))
        sizes = entry.sizes(choice, units)
        if not sizes:
            return [*plain(f"def {name}(z):"), *body, *plain("", "")], [], name
        first = {each.name: entry.first_value(each, choice) for each in entry.learned}
        made = [f"self.{x} = nn.Parameter(torch.full(({size},), {first[x]!r}))" for x, size in sizes.items()]
        own = ", ".join(sizes), ", ".join(f"self.{x}" for x in sizes)
        methods = [
            *plain("def __init__(self):", *(f"    {line}" for line in ("super().__init__()", *made)), ""),
            *plain("def forward(self, z):", f"    {own[0]} = {own[1]}"),
            *body,
        ]
        kind = f"{choice.name}{index}"
        definition = [*plain(f"class {kind}(nn.Module):"), *indented(methods), *plain("", "")]
        return definition, plain(f"self.{name} = {kind}()"), f"self.{name}"

    def _formula(self) -> Lines:
        names, graph = _formula_names(self._experiment), graph_of(self._network.formula)
        formulas = dict(map(parse_assignment, self._network.formula))
        writer = TorchWriter(lambda symbol: Printed(names[symbol.name]), scalars=True)
        lines = [*plain("def forward():")]
        # In an order in which each comes after what it reads.
        for node in graph.nodes:
            if node.writes in formulas:
                text = writer.as_tensor(formulas[node.writes])
                lines += indented(expression(f"{names[node.writes]} = ", text, mark=node.writes))
        return [*lines, *indented(plain(f"return {names[graph.output]}"))]

    # The first values

    def first_values(self, stored: bool) -> Lines:
        """Return the lines that make the network with its first values; `stored` ones are read from the file beside."""
        if self._network.formula:
            return self._formula_values(stored)
        shapes = self._network.parameter_shapes()
        given: dict[ValueRef, Any] = dict(self._experiment.parameters)
        drawn = [ref for ref in shapes if ref not in given and refs.LEARNED not in ref]
        lines: Lines = []
        schemes = [layer_scheme(self._experiment, index) for index in range(len(self._network.layers))]
        by_torch = all(scheme.name == TORCHS for scheme in schemes)
        known = all(scheme.name == TORCHS or hasattr(nn.init, f"{scheme.name}_") for scheme in schemes)
        if drawn and not known:
            # What torch has no function for: as many numbers as there are.
            first = initial_parameters(replace(self._experiment, device="cpu"))
            given |= {ref: first[ref].tolist() for ref in drawn}
            drawn = []
        seed = f"torch.manual_seed({self._experiment.initialization.seed})"
        lines += plain(seed) if drawn and by_torch else []
        lines += plain("network = Network()")
        if drawn and not by_torch:
            lines += [*plain(seed), *self._initialized(schemes)]
        codes = parameter_code(self._experiment)
        copies: Lines = []
        for ref, numbers in given.items():
            copied = f"{codes[ref]}.copy_("
            text = f'{copied}values["{ref}"])' if stored else tensor(_plain(numbers), f"{copied}torch.tensor(", "))")
            copies += plain(*text.split("\n"))
        if copies:
            lines += [*plain("with torch.no_grad():"), *indented(copies)]
        if self._experiment.device != "cpu":
            lines += plain("network.to(device)")
        return [*lines, *plain(*(f"{codes[ref]}.requires_grad_(False)" for ref in shapes if ref in self._frozen))]

    @property
    def _frozen(self) -> frozenset[ValueRef]:
        return self._experiment.frozen

    def _initialized(self, schemes: list[Choice]) -> Lines:
        layers = self._network.layers
        if len(layers) > 1 and all(scheme == schemes[0] for scheme in schemes) and len({x.bias for x in layers}) == 1:
            inner = _layer_init("layer", schemes[0], layers[0].bias)
            return [*plain("for layer in network.layers:"), *indented(inner)]
        pairs = enumerate(zip(schemes, layers, strict=True))
        return [
            line for i, (scheme, layer) in pairs for line in _layer_init(f"network.layers[{i}]", scheme, layer.bias)
        ]

    def _formula_values(self, stored: bool) -> Lines:
        first, trained = (
            initial_parameters(replace(self._experiment, device="cpu")),
            trained_parameters(self._experiment),
        )
        codes, lines = parameter_code(self._experiment), list[CodeLine]()
        for ref, value in first.items():
            device = ", device=device" if self._experiment.device != "cpu" else ""
            wanted = ", requires_grad=True" if ref in trained else ""
            lines += plain(f"{codes[ref]} = torch.tensor({value.item()!r}{device}{wanted})")
        return lines


def _layer_init(layer: str, scheme: Choice, bias: bool) -> Lines:
    if scheme.name == TORCHS:
        return plain(f"{layer}.reset_parameters()")
    weight = call(f"nn.init.{scheme.name}_(", [f"{layer}.weight", *keywords(scheme.arguments)])
    return [*weight, *plain(*[f"nn.init.zeros_({layer}.bias)"] * bias)]


def _formula_names(experiment: Experiment) -> dict[str, str]:
    graph = graph_of(experiment.network.formula)
    lines = [name for name, _ in map(parse_assignment, experiment.network.formula)]
    return safe_names((*graph.inputs, *lines))


def _plain(numbers: NestedNumbers | list[Any]) -> Any:
    return [_plain(each) for each in numbers] if isinstance(numbers, tuple | list) else numbers
