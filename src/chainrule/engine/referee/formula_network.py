"""PyTorch's own way through a formula: autograd of what the user typed, and finite differences of its value.

The lines are read again and written in torch here, whole and not operator by operator, so that the graph, its
derivatives and their lowering are held against something else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.differences import Quotient, Slope, search
from chainrule.engine.referee.kinks import beside_kink
from chainrule.engine.referee.rounding import Expected
from chainrule.engine.referee.update import TorchUpdate
from chainrule.formula.graph import Graph, Step, graph_of, reached, run_graph
from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Constant,
    Divide,
    Expr,
    Multiply,
    Power,
    Rational,
    Symbol,
    parts,
)

Values = Mapping[ValueRef, Tensor]
Found = dict[ValueRef, Expected]
# Of more gradients a sample is held against finite differences, another one in each iteration.
MOST_SLOPES = 64
# How many roundings of each number a value may carry.
ROUNDINGS = 4
EPS = torch.finfo(torch.float64).eps
_FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "min": torch.minimum,
    "max": torch.maximum,
    "relu": functional.relu,
    "softplus": lambda x: functional.softplus(x, threshold=1e4),
}
_RELATIONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}
_ARITHMETIC: Mapping[type[Expr], Callable[[Tensor, Tensor], Tensor]] = {
    Add: torch.add,
    Multiply: torch.mul,
    Divide: torch.div,
    Power: torch.pow,
}


class FormulaNetwork:
    """The parameters of a formula. Those that are frozen, or that the output is not made of, require no gradient."""

    def __init__(self, experiment: Experiment, parameters: Values) -> None:
        graph = graph_of(experiment.network.formula)
        used = reached(graph).difference(experiment.frozen)
        self.by_ref = {
            ref: nn.Parameter(parameters[ref].clone(), requires_grad=ref in used)
            for ref in experiment.network.parameter_shapes()
        }

    @property
    def trained(self) -> dict[ValueRef, nn.Parameter]:
        """The parameters that are trained."""
        return {ref: parameter for ref, parameter in self.by_ref.items() if parameter.requires_grad}


class FormulaLoop:
    """Training on a formula as it is usually written in torch; it has what `TorchLoop` has."""

    def __init__(self, experiment: Experiment, parameters: Values) -> None:
        self.experiment = experiment
        self.network = FormulaNetwork(experiment, parameters)
        self.graph = graph_of(experiment.network.formula)
        self._loss = math.nan

    # Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
    @torch.enable_grad()
    def gradients(self) -> dict[ValueRef, Tensor]:
        """Return every value and every gradient, by ref."""
        for parameter in self.network.by_ref.values():
            parameter.grad = None
        values: dict[str, Tensor] = {str(ref): parameter for ref, parameter in self.network.by_ref.items()}
        for node in self.graph.nodes:
            # Also where nothing is trained that it is made of.
            values[node.writes] = _in_torch(node.rule, values) * 1
            if values[node.writes].requires_grad:
                values[node.writes].retain_grad()
        output = values[self.graph.output]
        if output.requires_grad:
            output.backward()
        self._loss = output.item()
        gradients = {f"{name}.grad": value.grad for name, value in values.items() if value.grad is not None}
        return {ValueRef(ref): value.detach().clone() for ref, value in {**values, **gradients}.items()}

    def update(self, iteration: int) -> dict[ValueRef, Tensor]:
        """Return what clipping, `torch.optim` and `lr_scheduler` make on the gradients of now: what they make."""
        return self.updating.step(iteration, self._loss)

    @cached_property
    def updating(self) -> TorchUpdate:
        """The optimizer and the scheduler."""
        return TorchUpdate(self.experiment, self.network.trained)


def _in_torch(expr: Expr, values: Mapping[str, Tensor]) -> Tensor:
    """Return a formula in torch.

    Of its cases only the one that holds is computed, and its gradient is all that there is.
    """
    like = next(iter(values.values()))
    if isinstance(expr, Symbol):
        return values[expr.name]
    if isinstance(expr, Rational):
        return like.new_tensor(expr.value.numerator / expr.value.denominator)
    if isinstance(expr, Constant):
        return like.new_tensor({"pi": math.pi, "e": math.e}[expr.name])
    if isinstance(expr, Cases):
        holding = (then for condition, then in expr.cases if _in_torch(condition, values) != 0)
        return _in_torch(next(holding, expr.otherwise), values)
    found = [_in_torch(part, values) for part in parts(expr)]
    if isinstance(expr, Call):
        return (_FUNCTIONS.get(expr.function) or getattr(torch, expr.function))(*found)
    if isinstance(expr, Compare):
        return getattr(torch, _RELATIONS[expr.relation])(*found).to(like.dtype)  # type: ignore[no-any-return]
    return reduce(_ARITHMETIC[type(expr)], found) if len(found) > 1 else -found[0]


# ------------------------------------------------------------------------------------------------ step by step


def formula_computations(loop: FormulaLoop, values: Values) -> Iterator[Found]:
    """Yield each operator by torch, and by autograd what comes back through it, from what the trace has for each."""
    output = ValueRef(loop.graph.output)
    yield {refs.grad(output): Expected(torch.ones_like(values[output]))}
    shares: dict[ValueRef, list[Tensor]] = {}
    for node in reversed(loop.graph.nodes):
        yield _of_node(node, values)
        for name in node.reads:
            share = values.get(ValueRef(f"{name}.grad.from.{node.writes}"))
            if share is not None:
                shares.setdefault(refs.grad(ValueRef(name)), []).append(share)
    yield {ref: Expected(sum(found[1:], found[0]), torch.stack(found).abs().sum()) for ref, found in shares.items()}


# Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
@torch.enable_grad()
def _of_node(node: Step, values: Values) -> Found:
    operands = {name: values[ValueRef(name)].clone().requires_grad_() for name in node.reads}
    # What reads nothing is of the dtype of what it writes.
    computed = _in_torch(node.rule, operands or {node.writes: values[ValueRef(node.writes)].clone()})
    found = {ValueRef(node.writes): Expected(computed.detach(), _terms(node.rule, operands))}
    given = values.get(ValueRef(f"{node.writes}.grad"))
    if given is None or not computed.requires_grad:
        return found
    upstream = given.clone()
    gradients = torch.autograd.grad(computed * upstream, list(operands.values()), materialize_grads=True)
    for name, gradient in zip(operands, gradients, strict=True):
        share, whole = ValueRef(f"{name}.grad.from.{node.writes}"), ValueRef(f"{name}.grad")
        # A derivative in terms of the value itself, as 1 - a^2, has the rounding of 1.
        found[share if share in values else whole] = Expected(gradient.detach(), upstream.abs())
    return {ref: expected for ref, expected in found.items() if ref in values}


def _terms(rule: Expr, operands: Mapping[str, Tensor]) -> Tensor | None:
    """Return how large what is added up is, or what a function is computed of near its zeros."""
    sizes = [operand.detach().abs() for operand in operands.values()]
    return torch.stack(sizes).sum() if sizes and isinstance(rule, Add) else None


# ------------------------------------------------------------------------------------------- finite differences


def formula_slopes(
    experiment: Experiment, values: Values, gradients: Sequence[ValueRef], seed: int
) -> Iterator[Slope | None]:
    """Yield the derivative of the output by each value, by central differences in float64; None after each of them."""
    graph, described = graph_of(experiment.network.formula), values_of(experiment)
    given = {name: values[ValueRef(name)].item() for name in graph.inputs}
    chosen = list(gradients)
    if len(chosen) > MOST_SLOPES:
        chosen = [chosen[place] for place in sorted(random.Random(seed).sample(range(len(chosen)), MOST_SLOPES))]
    numerical_errors = _numerical_errors(experiment, values)
    for gradient in chosen:
        name = described[gradient].owner.ref
        yield _slope(graph, given, name, numerical_errors.get(gradient, (0.0, 0.0)))
        yield None


def _slope(graph: Graph, given: Mapping[str, float], name: ValueRef, numerical_errors: tuple[float, float]) -> Slope:
    start = run_graph(graph.nodes, given)
    place = next((at for at, node in enumerate(graph.nodes) if node.writes == name), -1)
    following = graph.nodes[place + 1 :]

    def at(x: float) -> float:
        return run_graph(following, {**start, name: x})[graph.output]

    quotient = _searched(start[name], at)
    if quotient is None:
        return Slope(name, (), None)
    noise, error = numerical_errors
    return Slope(name, (), quotient.slope, error + ROUNDINGS * EPS * (noise + quotient.size) / quotient.width)


def _searched(x: float, at: Callable[[float], float]) -> Quotient | None:
    """Return the central difference of a function at x."""
    asking = search(x)
    places = next(asking)
    try:
        while True:
            places = asking.send([at(place) for place in places])
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def _numerical_errors(experiment: Experiment, values: Values) -> dict[ValueRef, tuple[float, float]]:
    """Return for each gradient how large the numbers are that the output rounds, and how far the dtype's own slope is
    off.
    """
    parameters = {ref: values[ref] for ref in experiment.network.parameter_shapes()}
    found = FormulaLoop(experiment, parameters).gradients()
    exact = FormulaLoop(experiment, {ref: value.double().cpu() for ref, value in parameters.items()}).gradients()
    slopes = {ref: exact[refs.grad(ref)] for ref in exact if refs.grad(ref) in exact}
    noise = sum(abs(slope.item() * exact[ref].item()) for ref, slope in slopes.items())
    kinked = _kinked(graph_of(experiment.network.formula), values, slopes)
    return {
        refs.grad(ref): (noise, math.inf if ref in kinked else abs(found[refs.grad(ref)].item() - slope.item()))
        for ref, slope in slopes.items()
        if refs.grad(ref) in found
    }


def _kinked(graph: Graph, values: Values, slopes: Values) -> set[str]:
    """Return what an operator has a kink beside, if anything comes back to the operator, and all that this is made
    of.
    """
    found: set[str] = set()
    for node in reversed(graph.nodes):
        if node.writes in found:
            found.update(node.reads)
        elif ValueRef(node.writes) in slopes and slopes[ValueRef(node.writes)] != 0:
            operands = {name: values[ValueRef(name)].double().cpu() for name in node.reads}
            found.update(name for name in node.reads if beside_kink(node.rule, name, operands))
    return found
