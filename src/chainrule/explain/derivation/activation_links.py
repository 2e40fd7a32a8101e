"""The links of the chain rule through activations: the formula of a, and its derivative as it is derived and as the
table has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chainrule.catalog.activation import Z_I, Activation, Z, derived_tree
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.context import Context, Index
from chainrule.explain.derivation.named_values import NamedValues
from chainrule.explain.derivation.paths import Link
from chainrule.explain.derivation.written import (
    AT_A_KINK,
    all_decided,
    different,
    is_choice,
    note_of,
    numbers_of_form,
    with_condition,
)
from chainrule.explain.formulas.activation_names import names_at, settings, values_at
from chainrule.explain.formulas.activations import learned_slopes, learned_vector
from chainrule.explain.formulas.matrices import jacobian_entries
from chainrule.explain.writing.formula_latex import as_factor, in_fragments, in_latex, of_numbers, of_symbols
from chainrule.formula.evaluate import evaluate
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Expr, Symbol, number, substituted
from chainrule.translation import gettext


def activation_link(c: Context, index: Index) -> Link:
    """Return da/dz of one neuron; `c` is of a gradient of its layer, not of a itself."""
    entry, choice = c.activation(), c.activation_choice()
    tree = entry.tree(choice)
    forms = (derived_tree(tree, Z), entry.slope_tree(choice))
    return _link(c, index, {Z.name: (refs.pre_activation(c.layer), index)}, forms, c.slope(index[0]))


def learned_link(c: Context, index: Index) -> Link:
    """Return da by what the activation learns, of one neuron; `c` is of its gradient."""
    entry, choice, vector = c.activation(), c.activation_choice(), learned_vector(c)
    forms = (derived_tree(entry.tree(choice), Symbol(vector.name)), entry.learned_slope(vector, choice))
    row, unit = index
    return _link(c, index, {vector.name: c.learned_element(vector, unit)}, forms, learned_slopes(c)[row][unit])


def _link(
    c: Context, index: Index, by: Mapping[str, tuple[ValueRef, Index]], forms: tuple[Expr, Expr], slope: float
) -> Link:
    """Return the derivative of a neuron's a, in the forms that it has, by one of the values that it is computed from.

    `by` is that value, by its name in the formula.
    """
    ((name, element),) = by.items()
    entry, choice, value = c.activation(), c.activation_choice(), values_at(c, index)
    tree, (symbols, _) = entry.tree(choice), names_at(c, index)
    helper = entry.helper(**choice.arguments)
    if helper is not None:
        symbols[helper.name] = helper.name
    leaf = of_symbols(symbols)
    found, note = [all_decided(form, value) for form in forms], note_of(tree, name, value)
    if is_choice(evaluate(forms[0], value), slope):
        found, note = found[1:], note or gettext(AT_A_KINK)
    sides, factor, formula = different(found, leaf), as_factor(found[-1], leaf), with_condition(tree, value, leaf)
    if helper is not None:
        helper_tree = entry.helper_tree(choice)
        assert helper_tree is not None
        formula = (*formula[:-1], f"{formula[-1]},", f"{helper.name} = {in_latex(helper_tree, leaf)}")
        # In numbers the letter is what it stands for.
        found = [substituted(form, {helper.name: helper_tree}) for form in found]

    return Link(
        _called(entry),
        c.notation.latex(refs.activation(c.layer), index),
        c.notation.latex(*element),
        formula,
        sides,
        factor,
        numbers_of_form(found[-1], lambda more: of_numbers(names_at(replace(c, more=c.more + more), index)[1])),
        slope,
        note,
    )


def _called(entry: Activation) -> str:
    return "activation" if entry.title is not None else entry.name


def matrix_link(c: Context, k: int) -> Link:
    """Return da_k / dz_i where the units of a sample depend on each other; `c` is of the gradient of z_i."""
    entry, choice = c.activation(), c.activation_choice()
    row, unit = c.index
    bound: dict[str, Expr] = {"n": number(row), "k": number(k), "i": number(unit)}
    tree = substituted(entry.tree(choice), bound)
    forms = [
        simplify(substituted(form, bound)) for form in (derived_tree(entry.tree(choice), Z_I), entry.slope_tree(choice))
    ]
    layer, (symbols, number_texts) = c.layer, settings(entry, choice, c)
    places = NamedValues(c, {"z": refs.pre_activation(layer), "a": refs.activation(layer)}, symbols, number_texts)
    sides = different(forms, places.symbol)
    return Link(
        entry.name,
        c.notation.latex(refs.activation(layer), (row, k)),
        c.notation.latex(refs.pre_activation(layer), c.index),
        in_fragments(tree, places.symbol),
        sides,
        as_factor(forms[-1], places.symbol),
        places.numbers(forms[-1]),
        jacobian_entries(c)[k][unit],
    )
