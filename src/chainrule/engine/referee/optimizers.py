"""Optimizers as the referee has them: those of `torch.optim`, and what torch lacks, written out here a second time.

They are of torch's own kind, so that its schedulers work with them, and share nothing with the engine's computations:
lines that a user has written are read by Python's own grammar, and formulas of entries are worked out number by number.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, argument_values
from chainrule.catalog.formula_argument import FORMULA
from chainrule.catalog.optimizers import OPTIMIZERS, Optimizer, Update, formula_name
from chainrule.catalog.values.extent import Extent
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read

Groups = list[dict[str, Any]]


def make_optimizer(choice: Choice, groups: Groups) -> torch.optim.Optimizer:
    """Return the optimizer of that name, over groups of parameters; a group's own arguments go before the choice's."""
    arguments = dict(choice.arguments)
    plain = [{"bias_correction": True, **arguments, **group}["bias_correction"] for group in groups]
    if choice.name in ("Adam", "AdamW") and not all(plain):
        return UncorrectedAdam(groups, {"decoupled_weight_decay": choice.name == "AdamW", **arguments})
    if choice.name == FORMULA:
        return WrittenOptimizer(groups, arguments)
    torchs = getattr(torch.optim, choice.name, None)
    if torchs is None:
        return FormulaOptimizer(groups, OPTIMIZERS[choice.name], choice)
    arguments.pop("bias_correction", None)
    kept = [{name: value for name, value in group.items() if name != "bias_correction"} for group in groups]
    found: torch.optim.Optimizer = torchs(kept, **arguments)
    return found


class _Stepping(torch.optim.Optimizer):
    """An optimizer that treats each parameter that has a gradient for itself."""

    # torch's own takes a closure that none of these needs.
    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Update every parameter from its gradient, in place."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.update(parameter, parameter.grad, group, self.state[parameter])

    def update(self, parameter: Tensor, grad: Tensor, group: Mapping[str, Any], state: dict[str, Tensor]) -> None:
        """Update one parameter and its state in place."""
        raise NotImplementedError


def _count(state: dict[str, Tensor]) -> Tensor:
    state["step"] = state.get("step", torch.zeros((), dtype=torch.float64)) + 1
    return state["step"]


class UncorrectedAdam(_Stepping):
    """Adam, or AdamW, that uses its averages as they are, without the correction for their start at 0."""

    def update(self, parameter: Tensor, grad: Tensor, group: Mapping[str, Any], state: dict[str, Tensor]) -> None:
        """Update one parameter and its state in place."""
        step, (beta1, beta2) = _count(state), group["betas"]
        if group["maximize"]:
            grad = -grad
        if group["decoupled_weight_decay"]:
            parameter *= 1 - group["lr"] * group["weight_decay"]
        else:
            grad = grad + group["weight_decay"] * parameter
        for name, beta, value in (("exp_avg", beta1, grad), ("exp_avg_sq", beta2, grad * grad)):
            before = state.get(name, torch.zeros_like(parameter))
            state[name] = beta * before + (1 - beta) * value
        mean, squares = state["exp_avg"], state["exp_avg_sq"]
        if group["amsgrad"]:
            largest = state.get("max_exp_avg_sq", torch.zeros_like(parameter))
            squares = state["max_exp_avg_sq"] = torch.maximum(largest, squares)
        rate = group["lr"]
        if group["bias_correction"]:
            mean, squares = mean / (1 - beta1**step), squares / (1 - beta2**step)
        parameter -= rate * mean / (squares.sqrt() + group["eps"])


class FormulaOptimizer(_Stepping):
    """An entry of the table by the formulas of its updates, each worked out number by number."""

    def __init__(self, groups: Groups, entry: Optimizer, choice: Choice) -> None:
        self._entry, self._name = entry, choice.name
        super().__init__(groups, dict(choice.arguments))

    def update(self, parameter: Tensor, grad: Tensor, group: Mapping[str, Any], state: dict[str, Tensor]) -> None:
        """Update one parameter and its state in place."""
        choice, shape = Choice(self._name, {name: group[name] for name in self.defaults}), tuple(parameter.shape)
        settings = {"lr": group["lr"], "momentum": group.get("momentum"), "beta1": group.get("betas", (None,))[0]}
        values = {"": parameter.clone(), "grad": grad}
        values |= {
            name: torch.tensor(value, dtype=torch.float64) for name, value in settings.items() if value is not None
        }
        for buffer in self._entry.state(choice, shape):
            first = group["lr"] if isinstance(buffer.initial, str) else buffer.initial
            is_scalar = buffer.extent is Extent.SCALAR
            made = torch.full(buffer.extent.shape(shape), first, dtype=torch.float64 if is_scalar else parameter.dtype)
            values[buffer.name] = state.get(buffer.name, made)
        for update in self._entry.updates(choice, shape):
            dtype = torch.float64 if update.extent is Extent.SCALAR else parameter.dtype
            values[update.writes] = _numbers(update, values, argument_values(choice), shape).to(dtype)
        for buffer in self._entry.state(choice, shape):
            state[buffer.name] = values[f"{buffer.name}.next"]
        parameter.copy_(values["next"])


def _numbers(
    update: Update, values: Mapping[str, Tensor], arguments: Mapping[str, float], shape: tuple[int, ...]
) -> Tensor:
    """Return what an update writes, number by number, in float64."""
    whole = update.extent.shape(shape)
    reads = {formula_name(name): values[name].double() for name in update.reads}
    if update.term:
        first = reads.pop(formula_name(update.reads[0]))
        numbers = [_number(update.term, {"x": x}) for x in first.flatten().tolist()]
        terms = torch.tensor(numbers, dtype=torch.float64).reshape(first.shape)
        axis = {Extent.ROWS: [-1], Extent.COLUMNS: [-2]}.get(update.extent, list(range(first.dim())))
        total = terms.sum(axis, keepdim=True)
        count = torch.tensor(terms.numel() / total.numel(), dtype=torch.float64)
        reads |= {"total": total.reshape(whole), "count": count}
    rows = {name: value.expand(whole).flatten().tolist() for name, value in reads.items()}
    places = range(torch.Size(whole).numel())
    found = [_number(update.formula, {**arguments, **{name: row[i] for name, row in rows.items()}}) for i in places]
    return torch.tensor(found, dtype=torch.float64).reshape(whole)


def _number(formula: str, values: Mapping[str, float]) -> float:
    return evaluate(read(formula), lambda name, places: values[name])


# -------------------------------------------------------------------------------------------- lines of the user's

_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_LEADING_ZEROS = re.compile(r"(?<![\w.])0+(?=\d)")
_PASTED = str.maketrans({"−": "-", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "^": "**"})
_PREFIX = "n_"
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: torch.add,
    ast.Sub: torch.sub,
    ast.Mult: torch.mul,
    ast.Div: torch.true_divide,
    ast.Pow: torch.pow,
    ast.USub: torch.neg,
    ast.UAdd: lambda x: x,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "if": lambda condition, then, otherwise: torch.where(condition != 0, then, otherwise),
    "min": lambda *values: reduce(torch.minimum, values),
    "max": lambda *values: reduce(torch.maximum, values),
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
}


class WrittenOptimizer(_Stepping):
    """The lines that a user has written, one after the other, in torch."""

    def update(self, parameter: Tensor, grad: Tensor, group: Mapping[str, Any], state: dict[str, Tensor]) -> None:
        """Update one parameter and its state in place."""
        values = {"param": parameter.clone(), "grad": grad, "step": _count(state)}
        values["lr"] = torch.tensor(group["lr"], dtype=torch.float64)
        for name, first in group["state"].items():
            values[name] = state.get(name, torch.full_like(parameter, first))
        for line in group["updates"]:
            target, _, formula = line.partition("=")
            values[target.strip()] = _value(_parsed(formula), values)
        for name in group["state"]:
            state[name] = _as(values[f"{name}.next"], parameter)
        parameter.copy_(_as(values["next"], parameter))


def _as(value: Tensor, parameter: Tensor) -> Tensor:
    return value.to(parameter).expand(parameter.shape).clone()


@cache
def _parsed(formula: str) -> ast.expr:
    """Return the formula by Python's grammar, every name with a prefix, so that none is a word of the language."""
    # Python has fewer kinds of blanks, and takes letters that look alike for the same: names go by their characters.
    formula = "".join(" " if character.isspace() else character for character in formula.translate(_PASTED))
    text = _NAME.sub(lambda match: _coded(match[0]), _LEADING_ZEROS.sub("", formula))
    return ast.parse(f"({text})", mode="eval").body


def _coded(name: str) -> str:
    """Return a name in letters that Python takes as they are."""
    return _PREFIX + name.encode().hex()


def _decoded(name: str) -> str:
    return bytes.fromhex(name.removeprefix(_PREFIX)).decode()


def _value(node: ast.expr, values: Mapping[str, Tensor]) -> Tensor:
    def of(*nodes: ast.expr) -> Iterable[Tensor]:
        return (_value(each, values) for each in nodes)

    found: Tensor
    match node:
        case ast.Constant(number):
            found = torch.tensor(float(str(number)), dtype=torch.float64)
        case ast.Name(name) if _decoded(name) in ("pi", "e"):
            found = torch.tensor({"pi": torch.pi, "e": torch.e}[_decoded(name)], dtype=torch.float64)
        case ast.Name(name):
            found = values[_decoded(name)]
        case ast.Attribute(ast.Name(name), attribute):
            found = values[f"{_decoded(name)}.{attribute}"]
        case ast.BinOp(left, sign, right):
            found = _OPERATORS[type(sign)](*of(left, right))
        case ast.UnaryOp(sign, operand):
            found = _OPERATORS[type(sign)](*of(operand))
        case ast.Compare(left, [sign], [right]):
            found = _OPERATORS[type(sign)](*of(left, right)).double()
        case ast.Call(ast.Name(name), arguments):
            function = _decoded(name)
            known = _FUNCTIONS.get(function) or getattr(torch, function)
            found = known(*of(*arguments))
        case _:
            raise TypeError(f"no formula has {ast.dump(node)}")
    return found
