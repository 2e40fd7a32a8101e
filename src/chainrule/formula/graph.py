"""Formulas as a graph: each operator a node that reads the values of others, forward and then backward.

The lines `q = x + y` and `f = q*z` are two nodes. An operator inside of a longer formula gets a name of its own. What
no line defines is an input; the last line is the output, which the derivatives are of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import count

from chainrule.formula.backward import pulls, readers_of
from chainrule.formula.differentiate import added, derivative, multiplied
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_assignment
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import (
    ONE,
    Add,
    Cases,
    Constant,
    Expr,
    Multiply,
    Negative,
    Rational,
    Symbol,
    rebuilt,
    symbols_of,
    with_parts,
)

# As many as a picture of them can be read.
MOST_OPERATORS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One computation: what it writes, and the formula of what it reads. Each name is written once.

    In the backward pass it is the derivative of the output by the value `by`, or its share that comes back through the
    operator `through`, if there is one; a sum of shares is through none.
    """

    writes: str
    rule: Expr
    by: str = ""
    through: str = ""

    @property
    def is_backward(self) -> bool:
        """Whether it is a derivative."""
        return bool(self.by)

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that the formula reads, in its order."""
        return symbols_of(self.rule)


@dataclass(frozen=True, slots=True)
class Graph:
    """Operators in an order in which each comes after what it reads."""

    nodes: tuple[Step, ...]
    inputs: tuple[str, ...]
    output: str

    def node(self, name: str) -> Step:
        """Return the operator that computes a name."""
        return next(each for each in self.nodes if each.writes == name)

    def __hash__(self) -> int:
        # Looked up often, and few graphs have the same names.
        return hash((self.inputs, self.output))


def graph_of(lines: Sequence[str]) -> Graph:
    """Return the graph of lines `name = formula`, in whatever order they stand.

    A `FormulaError` where they make none.
    """
    return _graph_of(tuple(lines))


@lru_cache(maxsize=64)
def _graph_of(lines: tuple[str, ...]) -> Graph:
    formulas: dict[str, Expr] = {}
    for line in lines:
        name, formula = parse_assignment(line)
        for written in (name, *symbols_of(formula)):
            if written.endswith(".next"):
                raise FormulaError(f"{written} is what an optimizer writes; choose a name without .next", line)
        if name in formulas:
            raise FormulaError(f"{name} is defined twice", line)
        formulas[name] = formula
    output = next(reversed(formulas))
    nodes = _operators(_in_order(formulas, lines))
    if len(nodes) > MOST_OPERATORS:
        raise FormulaError(f"a formula has at most {MOST_OPERATORS} operators, this one {len(nodes)}", lines[-1])
    read = dict.fromkeys(name for formula in formulas.values() for name in symbols_of(formula))
    return Graph(tuple(nodes), tuple(name for name in read if name not in formulas), output)


def _in_order(formulas: Mapping[str, Expr], lines: Sequence[str]) -> dict[str, Expr]:
    needed = {name: [read for read in symbols_of(formula) if read in formulas] for name, formula in formulas.items()}
    try:
        order = tuple(TopologicalSorter(needed).static_order())
    except CycleError as error:
        # Each name is read by the next.
        around = list(reversed(error.args[1]))
        at, text = list(formulas).index(around[0]), f"{around[0]} needs itself"
        # Of one that reads itself there is no way around to be told.
        way = f": {' needs '.join(around)}" if len(set(around)) > 1 else ""
        raise FormulaError(text + way, lines[at]) from None
    return {name: formulas[name] for name in order}


def _operators(formulas: Mapping[str, Expr]) -> list[Step]:
    """Return a node for each operator: one that a line names has that name, the others are numbered."""
    taken = {*formulas, *(name for formula in formulas.values() for name in symbols_of(formula))}
    free = (name for name in map("n{}".format, count(1)) if name not in taken)
    nodes: list[Step] = []

    def operand(expr: Expr) -> Expr:
        """Return a name for what an operator gives; names and numbers stand for themselves."""
        if isinstance(expr, Symbol | Rational | Constant):
            return expr
        # The operators inside of it come first.
        rule = operator(expr)
        nodes.append(Step(next(free), rule))
        return Symbol(nodes[-1].writes)

    def operator(expr: Expr) -> Expr:
        """Return one operator of operands; of several terms or factors, that of the last and of all before it."""
        match expr:
            case Add((made, *others, last)) | Multiply((made, *others, last)) if others:
                for each in others:
                    made = operand(with_parts(expr, (made, each)))
                return operator(with_parts(expr, (made, last)))
            case Add((first, Negative(body))):
                return Add((operand(first), Negative(operand(body))))
            case Cases(cases, otherwise):
                return Cases(tuple((operator(test), operand(then)) for test, then in cases), operand(otherwise))
            case _:
                return rebuilt(expr, operand)

    for name, formula in formulas.items():
        rule = operator(formula)
        nodes.append(Step(name, rule))
    return nodes


def step_kind(graph: Graph, step: Step) -> str:
    """Return what a step computes: an operator, the derivative that all begins with, one, or a share of one."""
    if not step.is_backward:
        return "operator"
    if step.writes == grad_name(graph.output):
        return "output_gradient"
    return "gradient" if step.writes == grad_name(step.by) else "gradient_share"


def grad_name(name: str) -> str:
    """Return the name of the derivative of the output by a value."""
    return f"{name}.grad"


def backward_steps(graph: Graph, wanted: Collection[str] | None = None) -> tuple[Step, ...]:
    """Return the steps of the backward pass: from the derivative of the output by itself, 1, to those by the inputs.

    A value that one node reads gets its derivative at once: the reader's times the local one. What several read gets a
    share from each, `x.grad.from.READER`, and then their sum. What the output does not depend on gets none, nor does
    what depends on none of the inputs that are `wanted`; None wants all.
    """
    return _backward(graph, graph.inputs if wanted is None else tuple(wanted))


@lru_cache(maxsize=64)
def _backward(graph: Graph, wanted: tuple[str, ...]) -> tuple[Step, ...]:
    steps = [Step(grad_name(graph.output), ONE, graph.output)]
    shares: dict[str, list[Expr]] = {}
    for pull in pulls(graph.nodes, graph.output, wanted):
        node, name = pull.node, pull.name
        rule = multiplied([Symbol(grad_name(node.writes)), local_derivative(node, name)])
        writes = f"{grad_name(name)}.from.{node.writes}" if pull.is_share else grad_name(name)
        steps.append(Step(writes, rule, name, node.writes))
        shares.setdefault(name, []).append(Symbol(writes))
        if pull.is_share and pull.is_last:
            steps.append(Step(grad_name(name), added(shares[name]), name))
    return tuple(steps)


def local_derivative(node: Step, name: str) -> Expr:
    """Return the derivative of a node's value by one that it reads.

    In terms of its own value where it can be: a*(1 - a).
    """
    own = {node.rule: Symbol(node.writes)}

    def in_its_terms(expr: Expr) -> Expr:
        return own.get(expr) or rebuilt(expr, in_its_terms)

    return in_its_terms(simplify(derivative(node.rule, Symbol(name))))


def reached(graph: Graph) -> frozenset[str]:
    """Return the names that the output is computed from."""
    return frozenset(readers_of(graph.nodes, graph.output))


def run_graph(steps: Iterable[Step], values: Mapping[str, float]) -> dict[str, float]:
    """Return the values that steps write, one after another, beside those that are given."""
    found = dict(values)
    for step in steps:
        found[step.writes] = evaluate(step.rule, lambda name, _: found[name])
    return found
