"""Formulas of elements with indices, written as the notation has them, or with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.context import Context
from chainrule.explain.derivation.written import nothing
from chainrule.explain.writing.formula_latex import in_fragments, of_numbers, of_symbols
from chainrule.explain.writing.fragments import Fragments
from chainrule.formula.tree import Expr, Rational, Sum, Symbol, walk
from chainrule.formula.writing.printing import Printed


@dataclass(frozen=True, slots=True)
class NamedValues:
    """What the names of a formula stand for: values with indices by `refs`, others by their symbols and numbers.

    The first index is the sample, which is not written; one that is a number counts from 0.
    """

    c: Context
    refs: Mapping[str, ValueRef]
    symbols: Mapping[str, str]
    number_texts: Mapping[str, str]

    def symbol(self, found: Symbol) -> Printed:
        """Return a name or an element as a symbol."""
        if not found.indices:
            return of_symbols(self.symbols)(found) if found.name in self.symbols else Printed(found.name)
        ref = self.refs[found.name]
        count = len(self.c.notation.sizes(ref))
        labels = tuple(_label(index) for index in found.indices[-count:]) if count else ()
        return of_symbols({found.name: self.c.notation.symbol(ref, labels)})(Symbol(found.name))

    def numbers(self, expr: Expr) -> Callable[[int], Fragments]:
        """Return the formula with numbers of so many digits more; nothing where it has none, or sums over an index."""
        named = [part for part in walk(expr) if isinstance(part, Symbol)]
        if not named or any(isinstance(part, Sum) for part in walk(expr)):
            return nothing
        return lambda more: in_fragments(expr, self._number(replace(self.c, more=self.c.more + more)))

    def _number(self, c: Context) -> Callable[[Symbol], Printed]:
        def leaf(found: Symbol) -> Printed:
            if not found.indices:
                return of_numbers(self.number_texts)(found)
            places = tuple(int(index.value) for index in found.indices if isinstance(index, Rational))
            return of_numbers({"": c.latex(self.refs[found.name], places)})(Symbol(""))

        return leaf


def _label(index: Expr) -> str:
    if isinstance(index, Rational):
        return str(int(index.value) + 1)
    assert isinstance(index, Symbol)
    return index.name
