"""Penalties: what is added to the loss for the size of parameters, a formula of one element beside its words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.arguments import Argument, Choice, Flag, Number
from chainrule.catalog.tables import complete, table
from chainrule.formula.differentiate import derivative
from chainrule.formula.parse import read
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import ONE, Divide, Expr, Multiply, Symbol, symbols_of, with_parts

# What a formula calls an element of the parameters that are penalized.
ELEMENT = "w"


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty: the sum of `term` over every element w of its parameters.

    `term(**arguments)` is a formula of w and the arguments; `words` say what it measures, and `pull` what its gradient
    does to a parameter.
    """

    name: str
    words: str
    pull: str
    arguments: tuple[Argument, ...]
    term: Callable[..., str]

    def tree(self, choice: Choice) -> Expr:
        """Return the formula of one element's share."""
        return read(self.term(**choice.arguments))

    def slope(self, choice: Choice) -> Expr:
        """Return its derivative by w: at a kink the one that torch chooses, 0 for |w| at 0."""
        return simplify(derivative(self.tree(choice), Symbol(ELEMENT)))


def in_front(term: Expr) -> tuple[Expr, Expr]:
    """Return the factors of a term that are the same for every element, which stand in front of the sum,
    and the rest.
    """
    if isinstance(term, Divide) and ELEMENT not in symbols_of(term.bottom):
        front, rest = in_front(term.top)
        return Divide(front, term.bottom), rest
    if isinstance(term, Multiply):
        same = tuple(factor for factor in term.factors if ELEMENT not in symbols_of(factor))
        others = tuple(factor for factor in term.factors if ELEMENT in symbols_of(factor))
        return _product(term, same), _product(term, others)
    return (ONE, term) if ELEMENT in symbols_of(term) else (term, ONE)


def _product(like: Multiply, factors: tuple[Expr, ...]) -> Expr:
    return with_parts(like, factors) if len(factors) > 1 else factors[0] if factors else ONE


L1 = Penalty(
    "L1",
    "the sizes of the parameters, added up",
    "pulls it towards 0, as strongly whatever its size",
    (Number("factor", 0.01, "factor", symbol=r"\lambda_1", minimum=0.0),),
    lambda factor: "factor*abs(w)",
)
L2 = Penalty(
    "L2",
    "the squares of the parameters, added up",
    "pulls it towards 0, the more strongly the larger it is",
    (
        Number("factor", 0.01, "factor", symbol=r"\lambda_2", minimum=0.0),
        Flag("half", False, "half of it, as many books have it"),
    ),
    lambda factor, half: "factor/2*w^2" if half else "factor*w^2",
)

PENALTIES = table(L1, L2)


def complete_penalty(choice: Choice, path: str) -> Choice:
    """Return the choice with the defaults of what it leaves out, or raise `SpecError` that names the place."""
    return complete(PENALTIES, choice, path)
