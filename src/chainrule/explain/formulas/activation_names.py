"""What the names in the formulas of an activation stand for at one neuron: symbols, printed numbers, and values."""

from __future__ import annotations

from chainrule.catalog.activation import Activation
from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.explain.context import Context, Index
from chainrule.explain.writing.formula_latex import in_latex, of_symbols
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.cases import along_a_line, is_indicator, resolved
from chainrule.formula.evaluate import ElementReader
from chainrule.formula.tree import Cases, Expr, rebuilt, walk

ArgumentNames = dict[str, str]
# A typed formula that is longer is called by its letter.
LONGEST_NAME = 24


def function_name(c: Context) -> str:
    """Return what the layer's activation is called in a sentence: ReLU, sin(z), or f for a long formula."""
    entry, choice = c.activation(), c.activation_choice()
    if entry.title is None:
        return entry.name
    name = latex_to_text(in_latex(entry.tree(choice), of_symbols({"z": "z"})))
    return name if len(name) <= LONGEST_NAME else entry.symbol


def function_latex(entry: Activation) -> str:
    """Return LaTeX of an activation's name."""
    return entry.symbol or rf"\mathrm{{{entry.name}}}"


def settings(entry: Activation, choice: Choice, c: Context) -> tuple[ArgumentNames, ArgumentNames]:
    """Return the arguments and the constants, as symbols and as numbers."""
    symbols, numbers = argument_symbols(entry.arguments), c.arguments(choice.arguments)
    for name, constant in entry.constants.items():
        symbols[name], numbers[name] = constant.symbol, c.write(constant.value, short=True)
    return symbols, numbers


def names_at(c: Context, index: Index) -> tuple[ArgumentNames, ArgumentNames]:
    """Return what z, a, what is learned, the arguments and the constants stand for at a neuron, as symbols and as
    numbers.
    """
    entry, layer = c.activation(), c.layer
    symbols, numbers = settings(entry, c.activation_choice(), c)
    named = {"z": (refs.pre_activation(layer), index), "a": (refs.activation(layer), index)}
    named |= {vector.name: c.learned_element(vector, index[-1]) for vector in entry.learned}
    symbols |= {name: c.notation.latex(*element) for name, element in named.items()}
    # The step that computes a does not have it yet, and its formula does not need it.
    known = {name: element for name, element in named.items() if element[0] != c.step.writes}
    return symbols, numbers | {name: c.latex(*element) for name, element in known.items()}


def values_at(c: Context, index: Index) -> ElementReader:
    """Return the values of z, what is learned, the arguments and the constants at a neuron: what conditions are of."""
    entry = c.activation()
    found = entry.numbers(c.activation_choice()) | {"z": c.number(refs.pre_activation(c.layer), index)}
    found |= {vector.name: c.number(*c.learned_element(vector, index[-1])) for vector in entry.learned}
    return lambda name, _: found[name]


def is_braced(tree: Expr, value: ElementReader) -> bool:
    """Return whether a formula is written as its cases in a brace, each with its condition."""
    return isinstance(tree, Cases) and not is_indicator(tree) and along_a_line(tree, value)


def has_cases(tree: Expr) -> bool:
    """Return whether somewhere in a formula there is another one for some numbers, and not only 1 in the place of 0."""
    return any(isinstance(part, Cases) and not is_indicator(part) for part in walk(tree))


def decided_in_numbers(tree: Expr, value: ElementReader) -> Expr:
    """Return the formula with each of its cases decided, but for what is 1 or 0: that is written with its condition."""
    if is_indicator(tree):
        return tree
    return (
        resolved(tree, value)
        if isinstance(tree, Cases)
        else rebuilt(tree, lambda part: decided_in_numbers(part, value))
    )
