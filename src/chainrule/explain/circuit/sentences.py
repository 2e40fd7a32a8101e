"""What an operator does and what comes back through it, in sentences that are true for the numbers on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.circuit.choices import Writing, choice_sentence
from chainrule.explain.circuit.equations import local, local_latex, step_of, values_in
from chainrule.explain.circuit.names import names_of, text_of
from chainrule.explain.circuit.words import no_value_on_screen
from chainrule.explain.context import Context
from chainrule.explain.sentences.wording import MOST_NAMES
from chainrule.explain.writing.formula_latex import condition_latex, in_latex, of_symbols
from chainrule.explain.writing.numbers import format_short
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.formula.cases import Branch, branches, opposite, place_of_case, resolved
from chainrule.formula.errors import joined
from chainrule.formula.evaluate import evaluate
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.graph import Step, backward_steps, grad_name, graph_of
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import (
    ONE,
    Add,
    Call,
    Cases,
    Compare,
    Divide,
    Expr,
    Multiply,
    Negative,
    Power,
    Rational,
    Symbol,
    parts,
    symbols_of,
)
from chainrule.translation import gettext, gettext_noop

# A slope below this lets so little back that it is worth a word.
SMALL_SLOPE = 0.05
# What goes by a word of its own.
_RAISED = {2: "squared", 3: "cubed"}
_WORDS: dict[type[Expr], str] = {
    Add: gettext_noop("the sum of {} and {}"),
    Multiply: gettext_noop("{} times {}"),
    Divide: gettext_noop("{} divided by {}"),
    Negative: gettext_noop("minus {}"),
    Power: gettext_noop("{} to the power of {}"),
}


def sentence(c: Context) -> str:
    """Return what a step's number is, and why."""
    step = step_of(c)
    if not step.is_backward:
        return _operator(c, step)
    if step.by == _output(c) and not step.through:
        name = _name(c, step.by)
        return gettext(
            "{name} changes exactly as much as itself: its gradient is 1, and all others are worked out from it.",
            name=name,
        )
    if not step.through:
        return _sum_of_shares(c, step)
    if step.writes == grad_name(step.by):
        return _through(c, step)
    name, reader = _name(c, step.by), _name(c, step.through)
    return gettext(
        "This is the share of the gradient of {name} that comes back through {reader}. {through}",
        name=name,
        reader=reader,
        through=_through(c, step),
    )


def not_finite(c: Context) -> str:
    """Say why a step has no value."""
    step = step_of(c)
    values = {ref: c.number(ValueRef(ref)) for ref in (*step.reads, step.writes)}
    return f"{no_value_on_screen(c.experiment.network.formula, step, values)}."


def introduce_formula(experiment: Experiment) -> str:
    """Return what the formula is, for the moment before the first step."""
    lines = experiment.network.formula
    graph = graph_of(lines)
    parameters = [text_of(lines, name) for name in graph.inputs]
    shown = parameters if len(parameters) <= MOST_NAMES + 2 else [*parameters[:MOST_NAMES], "others"]
    aim = "larger" if experiment.optimizer.arguments.get("maximize") else "smaller"
    return gettext(
        "A formula of {operators} with {shown} as what can change. Training makes its output "
        "{formula} {aim}. Press → to compute the first number.",
        operators=plural(len(graph.nodes), "operator"),
        shown=joined(shown),
        formula=text_of(lines, graph.output),
        aim=aim,
    )


# --------------------------------------------------------------------------------------------------- forward


def _operator(c: Context, step: Step) -> str:
    text = gettext("{name} is {said}.", name=_name(c, step.writes), said=_said(c, step.rule))
    if step.writes == _output(c):
        aim = "larger" if c.experiment.optimizer.arguments.get("maximize") else "smaller"
        text += gettext(" It is the output, which training makes {aim}.", aim=aim)
    return text


def _said(c: Context, rule: Expr) -> str:
    """Return an operator in words."""
    match rule:
        case Call(("min" | "max") as function, (first, second)):
            return _one_of_two(c, function, first, second)
        case Call(function, arguments):
            return _called(function, [_text(c, argument) for argument in arguments])
        case Cases():
            branch = branches(rule)[place_of_case(rule, values_in(c))]
            return gettext("{words}, because {when}", words=_text(c, branch.formula), when=_when(c, branch))
        case Compare():
            return gettext(
                "{result}, because {words}",
                result=format_short(c.result),
                words=_text(c, rule if c.result else opposite(rule)),
            )
        case Symbol():
            return gettext("{words} itself", words=_text(c, rule))
    words = _words(rule)
    if words is None:
        return gettext("{words}, always", words=_text(c, rule))
    return words.format(*(_text(c, part) for part in _operands(rule)))


def _operands(rule: Expr) -> tuple[Expr, ...]:
    """Return what an operator reads: of a difference what is subtracted."""
    return tuple(part.body if isinstance(rule, Add) and isinstance(part, Negative) else part for part in parts(rule))


def _words(rule: Expr) -> str | None:
    """Return the words for an operator, with places for its operands; None for a number."""
    match rule:
        case Multiply((first, second)) if first == second:
            return gettext("{} times itself")
        case Add((_, Negative())):
            return gettext("{} minus {}")
        case Power(_, Rational(exponent)) if exponent in _RAISED:
            return f"{{}} {_RAISED[int(exponent)]}"
    words = _WORDS.get(type(rule))
    return None if words is None else gettext(words)


def _one_of_two(c: Context, function: str, first: Expr, second: Expr) -> str:
    one, other = (_value(c, each) for each in (first, second))
    what = FUNCTIONS[function].words.removesuffix(" one")
    names = gettext("{words} and {words_2}", words=_text(c, first), words_2=_text(c, second))
    if one == other:
        return gettext("{what} of {names}, which are equal", what=what, names=names)
    chosen = first if (one > other) == (function == "max") else second
    return gettext("{what} of {names}: {words}", what=what, names=names, words=_text(c, chosen))


def _called(function: str, arguments: list[str]) -> str:
    """Return a function in the words of its table: they name x, or are followed by what it is of."""
    words = FUNCTIONS[function].words
    if re.search(r"\bx\b", words):
        return re.sub(r"\bx\b", lambda _: arguments[0], words).replace("-", "−")
    return gettext("{words} of {arguments}", words=words, arguments=joined(arguments))


# -------------------------------------------------------------------------------------------------- backward


def _sum_of_shares(c: Context, step: Step) -> str:
    name = _name(c, step.by)
    shares = (each for each in backward_steps(graph_of(c.experiment.network.formula)) if each.by == step.by)
    readers = [_name(c, share.through) for share in shares if share.through]
    shown = joined(readers) if len(readers) <= MOST_NAMES else gettext("{readers} operators", readers=len(readers))
    return gettext(
        "{name} is read by {shown}: what comes back through each of them adds up to its gradient.",
        name=name,
        shown=shown,
    )


def _through(c: Context, step: Step) -> str:
    """Say why so much of an operator's gradient comes back to one of its operands."""
    before = c.number(ValueRef(grad_name(step.through)))
    name, reader = _name(c, step.by), _name(c, step.through)
    if not before:
        return gettext("The gradient of {reader} is 0, so nothing comes back to {name}.", reader=reader, name=name)
    node = graph_of(c.experiment.network.formula).node(step.through)
    writing = Writing(partial(_name, c), partial(_text, c), values_in(c), c.digits)
    return choice_sentence(node, step.by, writing) or _SAID.get(type(node.rule), _by_slope)(c, step, node.rule)


def _through_sum(c: Context, step: Step, rule: Expr) -> str:
    name, reader = _name(c, step.by), _name(c, step.through)
    own = local(c)
    assert own is not None
    if own.formula == ONE:
        is_sum = not any(isinstance(part, Negative) for part in parts(rule))
        what = gettext("A sum passes its gradient") if is_sum else gettext("What is subtracted from gets the gradient")
        on = gettext("on unchanged") if is_sum else "unchanged"
        return gettext(
            "{what} {on}: {reader} changes as much as {name} does.", what=what, on=on, reader=reader, name=name
        )
    if own.formula == Rational(-ONE.value):
        return gettext(
            "{name} is subtracted: it gets the gradient of {reader} with the other sign.", name=name, reader=reader
        )
    return _by_slope(c, step, rule)


def _through_product(c: Context, step: Step, rule: Expr) -> str:
    assert isinstance(rule, Multiply)
    name, reader = _name(c, step.by), _name(c, step.through)
    others = [factor for factor in rule.factors if factor != Symbol(step.by)]
    if len(others) != 1:
        return _by_slope(c, step, rule)
    other = _text(c, others[0])
    text = gettext(
        "{name} is multiplied by {other} in {reader}: it gets the gradient of {reader} times {other}.",
        name=name,
        other=other,
        reader=reader,
    )
    return (
        text
        if _value(c, others[0])
        else gettext("{words} That is 0, so nothing comes back to {name}.", words=text, name=name)
    )


def _through_quotient(c: Context, step: Step, rule: Expr) -> str:
    assert isinstance(rule, Divide)
    name, reader = _name(c, step.by), _name(c, step.through)
    if rule.top == Symbol(step.by) and step.by not in symbols_of(rule.bottom):
        below = _text(c, rule.bottom)
        return gettext(
            "{name} is divided by {below} in {reader}: it gets the gradient of {reader} divided by {below}.",
            name=name,
            below=below,
            reader=reader,
        )
    return _by_slope(c, step, rule)


def _through_sign(c: Context, step: Step, rule: Expr) -> str:
    return gettext(
        "Minus turns the gradient of {name} around for {name_2}.", name=_name(c, step.through), name_2=_name(c, step.by)
    )


def _through_call(c: Context, step: Step, rule: Expr) -> str:
    assert isinstance(rule, Call)
    if rule.function not in ("min", "max") or len(set(rule.arguments)) == 1:
        return _by_slope(c, step, rule)
    name, reader = _name(c, step.by), _name(c, step.through)
    (other,) = (each for each in rule.arguments if each != Symbol(step.by))
    one, two = c.number(ValueRef(step.by)), _value(c, other)
    which = "larger" if rule.function == "max" else "smaller"
    if (one > two) == (rule.function == "max"):
        return gettext(
            "{name} is the {which} one, so it gets all of the gradient of {reader}.",
            name=name,
            which=which,
            reader=reader,
        )
    return gettext(
        "{name} is not the {which} one: a little more of it changes nothing, so it gets no gradient from {reader}.",
        name=name,
        which=which,
        reader=reader,
    )


def _through_cases(c: Context, step: Step, rule: Expr) -> str:
    assert isinstance(rule, Cases)
    branch = branches(rule)[place_of_case(rule, values_in(c))]
    name, reader, when = _name(c, step.by), _name(c, step.through), _when(c, branch)
    if not any(step.by in symbols_of(each.formula) for each in branches(rule)):
        return gettext(
            "{name} only decides which case of {reader} holds: it gets no gradient from {reader}.",
            name=name,
            reader=reader,
        )
    if branch.formula == Symbol(step.by):
        return gettext(
            "{reader} is {name} where {when}, as here: it gets all of the gradient of {reader}.",
            reader=reader,
            name=name,
            when=when,
        )
    return gettext(
        "{reader} is not made of {name} where {when}, as here: it gets no gradient from {reader}.",
        reader=reader,
        name=name,
        when=when,
    )


def _by_slope(c: Context, step: Step, rule: Expr) -> str:
    """Return what any operator passes back: its gradient times its own slope."""
    own, name, reader = local(c), _name(c, step.by), _name(c, step.through)
    assert own is not None
    if not symbols_of(simplify(resolved(own.formula, values_in(c)))):
        if own.value == 0:
            return gettext(
                "{reader} stays as it is where {name} changes a little, so nothing comes back to {name}.",
                reader=reader,
                name=name,
            )
        if own.value == 1:
            return gettext(
                "{reader} changes exactly as much as {name} does: the gradient is passed on unchanged.",
                reader=reader,
                name=name,
            )
    slope = latex_to_text(local_latex(c, own))
    number = format_short(own.value, c.digits)
    said = number if not symbols_of(own.formula) else f"{slope} = {number}"
    text = gettext(
        "Where {name} changes a little, {reader} changes {said} times as much: the gradient is multiplied by that.",
        name=name,
        reader=reader,
        said=said,
    )
    if own.value == 0:
        return gettext("{words} So nothing comes back to {name}.", words=text, name=name)
    small = abs(own.value) < SMALL_SLOPE
    return gettext("{words} That is little, so little comes back to {name}.", words=text, name=name) if small else text


_SAID: dict[type[Expr], Callable[[Context, Step, Expr], str]] = {
    Add: _through_sum,
    Multiply: _through_product,
    Divide: _through_quotient,
    Negative: _through_sign,
    Call: _through_call,
    Cases: _through_cases,
}


# ------------------------------------------------------------------------------------------------------ names


def _output(c: Context) -> str:
    return c.experiment.network.loss_ref


def _name(c: Context, name: str) -> str:
    return text_of(c.experiment.network.formula, name)


def _text(c: Context, expr: Expr) -> str:
    """Return a formula of names in a line of text."""
    return latex_to_text(in_latex(expr, of_symbols(names_of(c.experiment.network.formula))))


def _value(c: Context, expr: Expr) -> float:
    return evaluate(expr, values_in(c))


def _when(c: Context, branch: Branch) -> str:
    return latex_to_text(condition_latex(branch, of_symbols(names_of(c.experiment.network.formula))))
