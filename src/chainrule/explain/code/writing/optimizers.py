"""The optimizer in code: torch's by its name, with parameter groups, or a class of the formulas that torch lacks.

`optimizer = torch.optim.SGD(network.parameters(), lr=0.01)`; with groups the first argument is a list of dicts,
`{"params": [...], "lr": 0.1}`; where parameters are frozen, `[p for p in network.parameters() if p.requires_grad]`. An
optimizer of one's own, or Adam without its correction, is a class whose `step` says its formulas line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError, argument_values
from chainrule.catalog.experiment.groups import parameter_group
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.formula_argument import FORMULA
from chainrule.catalog.optimizers import OPTIMIZERS, Buffer, Extent, Update, formula_name
from chainrule.catalog.schedules.schedule import optimizers_of
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.code.writing.lines import Lines, call, expression, indented, plain
from chainrule.explain.code.writing.literals import argument, keywords, number_code, safe_names, told
from chainrule.explain.code.writing.losses import parameters_text
from chainrule.formula.parse import read
from chainrule.formula.tree import Call, Divide, Expr, Power, symbols_of, walk
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.torch_text import TorchWriter

CORRECTION = "bias_correction"
# How a group calls what an update reads as a setting.
_SETTINGS = {"lr": 'group["lr"]', "momentum": 'group["momentum"]', "beta1": 'group["betas"][0]'}
_ROWS = (2, 2)


def is_torchs(experiment: Experiment) -> bool:
    """Return whether `torch.optim` has what the experiment asks for."""
    choices = list(optimizers_of(experiment, trained_parameters(experiment)).values()) or [experiment.optimizer]
    return all(choice.arguments.get(CORRECTION, True) for choice in choices) and hasattr(
        torch.optim, experiment.optimizer.name
    )


def groups_of(experiment: Experiment) -> list[tuple[list[ValueRef], dict[str, ArgumentValue]]]:
    """Return the parameter groups that torch is given: each one's trained parameters, and arguments of its own.

    The first is that without any, also where it is empty: what a scheduler sets is read there.
    """
    found: dict[tuple[int | None, int | None], tuple[list[ValueRef], dict[str, ArgumentValue]]] = {}
    described, layers = parameters_of(experiment.network), experiment.network.layers
    found[None, None] = ([], {})
    for ref in trained_parameters(experiment):
        group, layer = parameter_group(experiment, ref), described[ref].layer
        own: dict[str, ArgumentValue] = {} if group is None else dict(experiment.parameter_groups[group].arguments)
        rate = None if layer is None or "lr" in own or layers[layer].lr is None else layer
        if rate is not None:
            own = {"lr": layers[rate].lr, **own}
        found.setdefault((rate, group), ([], own))[0].append(ref)
    first = found.pop((None, None))
    return [first, *found.values()] if first[0] or not found else list(found.values())


def optimizer_lines(experiment: Experiment) -> Lines:
    """Return the lines that make the optimizer."""
    choice, entry = experiment.optimizer, OPTIMIZERS[experiment.optimizer.name]
    torchs = is_torchs(experiment)
    name = f"torch.optim.{choice.name}" if torchs else _class_name(choice)
    given = told(choice, entry.arguments) if torchs else _defaults(experiment)
    given.pop(CORRECTION, None)
    groups = groups_of(experiment)
    trained = trained_parameters(experiment)
    if len(groups) == 1 and not groups[0][1]:
        everything = "network.parameters()"
        parts = [
            parameters_text(experiment, list(trained))
            if experiment.network.formula
            else everything
            if len(trained) == len(experiment.network.parameter_shapes())
            else "[p for p in network.parameters() if p.requires_grad]"
        ]
        return call(f"optimizer = {name}(", [*parts, *keywords(given)])
    rows = []
    for refs, own in groups:
        inner = [f'"params": {parameters_text(experiment, list(refs))}']
        inner += [f'"{key}": {argument(value)}' for key, value in own.items() if key != CORRECTION]
        rows.append(f"{{{', '.join(inner)}}}")
    listed = "[\n" + "".join(f"    {row},\n" for row in rows) + "]"
    return call(f"optimizer = {name}(", [listed, *keywords(given)])


def _class_name(choice: Choice) -> str:
    if choice.name == FORMULA:
        return "Descent"
    return f"Uncorrected{choice.name}" if hasattr(torch.optim, choice.name) else choice.name


def _structure(experiment: Experiment) -> tuple[Choice, tuple[Update, ...], tuple[Buffer, ...]]:
    """Return the optimizer whose formulas all trained parameters go by."""
    entry, found = OPTIMIZERS[experiment.optimizer.name], dict[object, Choice]()
    shapes = experiment.network.parameter_shapes()
    for ref, choice in optimizers_of(experiment, trained_parameters(experiment)).items():
        updates = entry.updates(choice, shapes[ref])
        if any(update.term or update.extent not in (Extent.ELEMENTS, Extent.SCALAR) for update in updates):
            raise SpecError("$.optimizer", f"PyTorch has no {choice.name}")
        found.setdefault(tuple((update.writes, update.formula) for update in updates), choice)
    if len(found) > 1:
        message = f"parameter groups with other formulas of {experiment.optimizer.name} than the rest have no script"
        raise SpecError("$.parameter_groups", message)
    choice = next(iter(found.values()))
    return choice, entry.updates(choice, _ROWS), entry.state(choice, _ROWS)


def _formulas(choice: Choice, updates: tuple[Update, ...]) -> dict[str, Expr]:
    return {update.writes: read(update.formula) for update in updates}


def _arguments(choice: Choice, updates: tuple[Update, ...]) -> dict[str, str]:
    """Return what formulas read that stands in a group, by its name there, as code."""
    computed = {update.writes for update in updates}
    known = {formula_name(name) for update in updates for name in update.reads}
    named = dict.fromkeys(name for tree in _formulas(choice, updates).values() for name in symbols_of(tree))
    found = {}
    for name in named:
        if name in _SETTINGS and name in known:
            found[name] = _SETTINGS[name]
        elif name not in known and name not in computed and name in argument_values(choice):
            owner, _, place = name.rpartition("_")
            plain_name = name in choice.arguments
            found[name] = f'group["{name}"]' if plain_name else f'group["{owner}"][{place}]'
    return found


def _defaults(experiment: Experiment) -> dict[str, ArgumentValue]:
    """Return what the class is given: what its formulas read, and what a scheduler sets."""
    choice, updates, _ = _structure(experiment)
    read_names = {code.split('"')[1] for code in _arguments(choice, updates).values()}
    return {name: value for name, value in experiment.optimizer.arguments.items() if name in {"lr", *read_names}}


class OptimizerCode:
    """The class of an optimizer that torch lacks; `definitions` are empty where it has it."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        has_any = bool(trained_parameters(experiment))
        self.definitions = [] if not has_any or is_torchs(experiment) else self._class()

    def _class(self) -> Lines:
        choice, updates, buffers = _structure(self._experiment)
        arguments = _arguments(choice, updates)
        given = list(_defaults(self._experiment))
        carried = {buffer.name for buffer in buffers}
        written = [update.writes for update in updates if update.writes != "next"]
        names = safe_names(dict.fromkeys((*arguments, *carried, *written)), _KEPT)
        names |= {"param": "param", "grad": "grad"}
        # The second number of betas, counted from 0, is beta2 to everybody.
        names |= {name: f"beta{int(name[-1]) + 1}" for name in arguments if name.startswith("betas_")}
        body = [*plain("for group in self.param_groups:")]
        formulas = _formulas(choice, updates)
        scalars = {*arguments, *(b.name for b in buffers if b.extent is Extent.SCALAR)}
        scalars |= {update.writes for update in updates if update.extent is Extent.SCALAR}
        exact = _needs_tensors(formulas.values(), scalars)
        read_lines = [
            f"{names[name]} = torch.tensor({code}, dtype=torch.float64)" if exact else f"{names[name]} = {code}"
            for name, code in arguments.items()
        ]
        body += indented(plain(*read_lines, 'for param in group["params"]:'))
        inner = [*plain("if param.grad is None:", "    continue")]
        inner += plain("grad, state = param.grad, self.state[param]" if buffers else "grad = param.grad")
        if buffers:
            inner += [*plain("if not state:"), *indented(_first_state(buffers))]
            inner += plain(*(f'{names[b.name]} = state["{b.name}"]' for b in buffers))
        writer = TorchWriter(lambda symbol: Printed(names[symbol.name]), learns=False)
        for update in updates:
            inner += self._update(update, formulas[update.writes], writer, names, scalars)
        inner += plain(*(f'state["{b.name}"] = {names[f"{b.name}.next"]}' for b in buffers))
        # The parameter itself last: other lines read what it was.
        inner += plain("param.copy_(param_next)")
        signature = ", ".join(("self", "params", *given))
        defaults = call("super().__init__(params, {", [f'"{name}": {name}' for name in given], "})")
        made = [*plain(f"def __init__({signature}):"), *indented(defaults)]
        step = [*plain("@torch.no_grad()", "def step(self):"), *indented([*body, *indented(inner, 2)])]
        head = plain(f"class {_class_name(choice)}(torch.optim.Optimizer):")
        return [*head, *indented([*made, *plain(""), *step])]

    def _update(
        self, update: Update, tree: Expr, writer: TorchWriter, names: Mapping[str, str], scalars: set[str]
    ) -> Lines:
        target = "param_next" if update.writes == "next" else names[update.writes]
        text = writer.text(tree)
        if update.extent is Extent.ELEMENTS and not set(symbols_of(tree)) - scalars:
            # The same number for every element.
            return expression(f"{target} = torch.zeros_like(param) + ", text if text.isidentifier() else f"({text})")
        return expression(f"{target} = ", text)


_KEPT = frozenset(("torch", "math", "self", "group", "param", "grad", "state", "params", "param_next"))


def _first_state(buffers: tuple[Buffer, ...]) -> Lines:
    lines: Lines = []
    for buffer in buffers:
        first = 'group["lr"]' if isinstance(buffer.initial, str) else number_code(float(buffer.initial))
        made = f"torch.full_like(param, {first})"
        if buffer.extent is Extent.SCALAR:
            made = f"torch.tensor({first}, dtype=torch.float64)"
        lines += plain(f'state["{buffer.name}"] = {made}')
    return lines


def _needs_tensors(trees: Iterable[Expr], scalars: set[str]) -> bool:
    """Return whether a number is put into a function, or divided by: tensors do so as IEEE 754 says."""
    for tree in trees:
        for part in walk(tree):
            parts: tuple[Expr, ...] = part.arguments if isinstance(part, Call) else ()
            if isinstance(part, Divide):
                parts = (part.bottom,)
            if isinstance(part, Power):
                parts = (part.base, part.exponent)
            if any(set(symbols_of(each)) and set(symbols_of(each)) <= scalars for each in parts):
                return True
    return False
