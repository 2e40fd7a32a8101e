r"""What explains penalties: the value of each, the loss with them, and what they add to a gradient."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.penalties import ELEMENT, PENALTIES, Penalty, in_front
from chainrule.catalog.tables import lookup
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.wording import parameter_name, say
from chainrule.explain.writing.formula_latex import DOTTED, as_factor, in_fragments, in_latex, of_numbers, of_symbols
from chainrule.explain.writing.fragments import Formula, Fragments, flat, left_out, sum_of_numbers
from chainrule.explain.writing.symbols import argument_symbols, signed_latex
from chainrule.formula.cases import resolved
from chainrule.formula.errors import joined
from chainrule.formula.evaluate import evaluate
from chainrule.formula.tree import ONE, Expr
from chainrule.formula.writing.printing import Leaf
from chainrule.translation import gettext

# So many parameters are named one by one.
_MOST_NAMED = 2


def penalty_value(c: Context) -> Formula:
    """Return the sum over every element of the parameters that are penalized."""
    entry, choice = _penalty(c.experiment, c.writes)
    front, term = in_front(entry.tree(choice))
    found = c.once("elements", lambda: [x for ref in c.step.reads for x in flat(c.values(ref))])
    numbers = c.arguments(choice.arguments)

    def written(i: int) -> str:
        # Of a sum a first term may begin with a minus.
        return as_factor(term, of_numbers({ELEMENT: c.write(found[i]), **numbers})) if i else _first(found[i])

    def _first(x: float) -> str:
        return in_latex(term, of_numbers({ELEMENT: c.write(x), **numbers}))

    def value(i: int) -> float:
        return evaluate(term, lambda name, _: found[i] if name == ELEMENT else choice.number(name))

    terms = sum_of_numbers(c, len(found), written, value)
    symbols = argument_symbols(entry.arguments)
    return Formula(
        (_summed(front, term, symbols),), _multiplied(front, terms, of_numbers(numbers)), left_out(len(found))
    )


def _summed(front: Expr, term: Expr, symbols: dict[str, str]) -> str:
    leaf = of_symbols({ELEMENT: ELEMENT, **symbols})
    before = "" if front == ONE else in_latex(front, leaf)
    return rf"{before}\sum_{{w}} {as_factor(term, leaf)}"


def _multiplied(front: Expr, terms: Fragments, leaf: Leaf) -> Fragments:
    if front == ONE:
        return terms
    before = in_latex(front, leaf)
    if len(terms) == 1:
        return (rf"{before}\cdot ({signed_latex(terms[0])})",)
    return (f"{before}({terms[0]}", *terms[1:-1], f"{terms[-1]})")


def penalty_gradient(c: Context) -> Formula:
    """Return what a penalty adds to the gradient of one element."""
    entry, choice = _penalty(c.experiment, c.writes)
    tree = entry.slope(choice)
    symbols = argument_symbols(entry.arguments) | {ELEMENT: c.notation.latex(c.step.reads[0], c.index)}
    numbers = c.arguments(choice.arguments) | {ELEMENT: c.latex(c.step.reads[0], c.index)}

    def value(name: str, places: tuple[int, ...]) -> float:
        return c.number(c.step.reads[0], c.index) if name == ELEMENT else choice.number(name)

    case = resolved(tree, value)
    return Formula(in_fragments(tree, of_symbols(symbols), DOTTED), in_fragments(case, of_numbers(numbers), DOTTED))


def _penalty(experiment: Experiment, value: Value) -> tuple[Penalty, Choice]:
    """Return the penalty that a value, or a share of a gradient, belongs to."""
    assert value.penalty is not None
    choice = experiment.penalties[value.penalty].choice
    return lookup(PENALTIES, choice.name), choice


# Whole tensors


def penalty_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the right side of a penalty's value, or of its gradient."""
    value = notation.value(step.writes)
    entry, choice = _penalty(experiment, value)
    symbols = argument_symbols(entry.arguments)
    if value.role is Role.PENALTY:
        return _summed(*in_front(entry.tree(choice)), symbols)
    return in_latex(entry.slope(choice), of_symbols({ELEMENT: notation.tensor_latex(step.reads[0]), **symbols}), DOTTED)


# Sentences


def penalty_sentence(c: Context) -> str:
    """Return what a penalty measures."""
    entry, choice = _penalty(c.experiment, c.writes)
    names = c.step.reads
    of = (
        joined([c.notation.title_of(ref) for ref in names])
        if len(names) <= _MOST_NAMED
        else gettext("{names} parameters", names=len(names))
    )
    text = gettext(
        "The {name} penalty takes {words}: here of {of}.", name=entry.name, words=gettext(entry.words), of=of
    )
    if not c.result:
        factor = choice.arguments.get("factor")
        return gettext(
            "{words} It is 0, because {more} 0.",
            words=text,
            more=gettext("its factor is") if factor == 0 else gettext("all of them are"),
        )
    return gettext("{words} The larger they are, the larger is the loss.", words=text)


def total_sentence(c: Context) -> str:
    """Return how the loss is made up."""
    count = len(c.step.reads) - 1
    penalties = gettext("its penalty") if count == 1 else gettext("its {count} penalties", count=count)
    made = "large" if c.experiment.optimizer.arguments.get("maximize") else "small"
    return gettext(
        "The loss that is made {made} is the data's, {number}, with {penalties} added.",
        made=made,
        number=say(c, c.number(c.step.reads[0])),
        penalties=penalties,
    )


def pull_sentence(c: Context) -> str:
    """Return what a penalty does to one parameter."""
    entry, _ = _penalty(c.experiment, c.writes)
    name = parameter_name(c)
    if not c.number(c.step.reads[0], c.index):
        return gettext("{name} is 0, where the {name_2} penalty does not pull.", name=name, name_2=entry.name)
    if not c.result:
        return gettext("The {name} penalty does not pull at {name_2}: its gradient is 0.", name=entry.name, name_2=name)
    if c.experiment.optimizer.arguments.get("maximize"):
        return gettext(
            "The {name} penalty pushes {name_2} away from 0, because the loss is maximized.",
            name=entry.name,
            name_2=name,
        )
    return gettext(
        "The {name} penalty {pull}.", name=entry.name, pull=gettext(entry.pull).replace("it ", f"{name} ", 1)
    )


def sum_sentence(c: Context) -> str:
    """Return which of the shares of a gradient is the larger."""
    data, *others = (c.number(ref, c.index) for ref in c.step.reads)
    pull = sum(others)
    what = gettext("the penalty adds") if len(others) == 1 else gettext("the penalties add")
    text = gettext(
        "the gradient of {parameter} is what the data ask for and what {what}", parameter=parameter_name(c), what=what
    )
    if not data or not pull:
        return f"{text}."
    if (data > 0) == (pull > 0):
        return gettext("{words}: here both have the same sign.", words=text)
    if abs(data) == abs(pull):
        return gettext("{words}: here they hold each other.", words=text)
    stronger = (
        gettext("the data are")
        if abs(data) > abs(pull)
        else gettext("the penalty is")
        if len(others) == 1
        else gettext("the penalties are")
    )
    return gettext(
        "{words}: here they pull against each other, and {stronger} the stronger.", words=text, stronger=stronger
    )
