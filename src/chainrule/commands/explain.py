"""`chainrule explain`: the micro-steps of a typed formula, forward and backward."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from textwrap import wrap

from chainrule.commands.console import CommandError
from chainrule.commands.json_text import json_text
from chainrule.explain.circuit.choices import Writing, choice_sentence
from chainrule.explain.circuit.names import step_latex
from chainrule.explain.circuit.words import DIGITS, no_value
from chainrule.formula.errors import FormulaError, joined
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import Graph, Step, backward_steps, grad_name, graph_of, run_graph, step_kind
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import symbols_of
from chainrule.formula.writing.equation import TextEquation, equation
from chainrule.formula.writing.text import formula_to_text

_GIVEN = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
# What is put in front of a formula alone.
_NAMED = "f = "
# What is no number of the grammar, and other programs write for one.
_ENDLESS = re.compile(r"\s*[-+]?\s*(?:inf|infinity|nan|∞)\s*", re.IGNORECASE)
# A longer equation goes on in the next line, at each of its sides.
WIDTH = 88
# Before a sentence below an equation.
_INDENT = " " * 4


def explain(texts: Sequence[str], output: str) -> int:
    """Print every step of lines `name = formula`, with the numbers that other texts, `x=-2`, give to their names."""
    lines, values = _sorted(texts)
    graph = _graph(lines, texts)
    _check_values(graph, values)
    steps = (*graph.nodes, *backward_steps(graph))
    found = run_graph(steps, values)
    stop = next((at for at, step in enumerate(steps) if not math.isfinite(found[step.writes])), None)
    write = partial(_json_lines, tuple(lines)) if output == "json" else _text_lines
    for line in write(graph, steps[:stop], found):
        print(line)
    if stop is not None:
        raise CommandError(f"{no_value(steps[stop], found)}; stopped before it")
    return 0


def _sorted(texts: Sequence[str]) -> tuple[list[str], dict[str, float]]:
    """Return the formulas, and the numbers of names: what is given a number is an input."""
    lines: list[str] = []
    values: dict[str, float] = {}
    for text in texts:
        match = _GIVEN.fullmatch(text)
        number = _number(match[2]) if match else None
        if match and (_ENDLESS.fullmatch(match[2]) or not math.isfinite(number or 0)):
            raise CommandError(f"{match[1]} is given {match[2].strip()}; a formula is worked out with finite numbers")
        if match is None:
            # A formula alone is that of f.
            lines.append(f"{_NAMED}{text}")
        elif number is None or len(texts) == 1:
            lines.append(text)
        elif match[1] in values:
            raise CommandError(f"{match[1]} is given two numbers")
        else:
            values[match[1]] = number
    if not lines:
        raise CommandError('expected a formula, as in chainrule explain "f = (x + y)*z" x=-2 y=5 z=-4')
    return lines, values


def _number(text: str) -> float | None:
    """Return the number that a text says, 1/3 too; None where it is a formula of names, or none at all."""
    try:
        found = parse_formula(text)
    except FormulaError:
        return None
    return None if symbols_of(found) else evaluate(found, lambda name, places: math.nan)


def _graph(lines: Sequence[str], texts: Sequence[str]) -> Graph:
    try:
        return graph_of(lines)
    except FormulaError as wrong:
        error = wrong if wrong.text in texts else _as_typed(wrong)
        text = error.text[:60]
        place = f'"{text}"' if error.at is None else f'"{error.text[error.at : error.at + 20]}" of "{text}"'
        raise CommandError(f"{error}: {place}") from None


def _as_typed(error: FormulaError) -> FormulaError:
    """Return the same of a formula that was given a name here: its characters are counted in what was typed."""
    if error.at is None or error.at < len(_NAMED):
        # Of f, which needs itself, it is to be seen where f is.
        return error
    return FormulaError(error.message, error.text.removeprefix(_NAMED), error.at - len(_NAMED))


def _check_values(graph: Graph, values: Mapping[str, float]) -> None:
    lacking = [name for name in graph.inputs if name not in values]
    if lacking:
        example = " ".join(f"{name}=1" for name in lacking)
        has = "has" if len(lacking) == 1 else "have"
        raise CommandError(f"{joined(lacking)} {has} no number; give one behind the formula, as in {example}")
    unused = [name for name in values if name not in graph.inputs]
    if unused:
        if any(node.writes == unused[0] for node in graph.nodes):
            raise CommandError(f"{unused[0]} is given a number and a formula")
        raise CommandError(f"{unused[0]} is not in the formula, which reads {joined(list(graph.inputs)) or 'no names'}")


def _text_lines(graph: Graph, steps: Sequence[Step], values: Mapping[str, float]) -> Iterator[str]:
    yield "forward"
    for place, step in enumerate(steps):
        if place and step.is_backward and not steps[place - 1].is_backward:
            yield f"backward: the derivative of {graph.output} by each value"
        yield from _in_lines(equation(step, values, DIGITS))
        yield from wrap(_choice(graph, step, values), WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    # The answer, with every digit; there is none where it stopped.
    if steps and steps[-1].is_backward and all(math.isfinite(value) for value in values.values()):
        yield "result"
        yield f"  {graph.output} = {values[graph.output]!r}"
        for name in graph.inputs:
            if f"{name}.grad" in values:
                yield f"  d{graph.output}/d{name} = {values[f'{name}.grad']!r}"


def _choice(graph: Graph, step: Step, values: Mapping[str, float]) -> str:
    """Return which slope PyTorch takes where a derivative is a choice, in the words of the window; else nothing."""
    if not step.through or not values[grad_name(step.through)]:
        return ""
    node = graph.node(step.through)
    writing = Writing(str, formula_to_text, lambda name, places: values[name], DIGITS)
    return choice_sentence(node, step.by, writing).replace("−", "-")


def _in_lines(found: TextEquation) -> Iterator[str]:
    """Yield an equation in a line; where it is long, a line for each side, with the equals signs below each other."""
    if len(found.text) <= WIDTH:
        yield f"  {found.text}"
        return
    first, *others = filter(None, (found.symbols, found.numbers, found.result))
    yield f"  {found.left} = {first}"
    for side in others:
        yield f"  {'':{len(found.left)}} = {side}"


def _json_lines(
    lines: tuple[str, ...], graph: Graph, steps: Sequence[Step], values: Mapping[str, float]
) -> Iterator[str]:
    for index, step in enumerate(steps):
        record = {
            "iteration": 0,
            "index": index,
            "phase": "backward" if step.is_backward else "forward",
            "kind": step_kind(graph, step),
            "ref": step.writes,
            "reads": list(step.reads),
            "value": values[step.writes],
            "equation": step_latex(lines, step),
        }
        yield json_text(record)
