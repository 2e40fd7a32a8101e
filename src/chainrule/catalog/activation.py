"""What an activation is: its formula, that of its slope, what it learns, and the words that belong to them.

In formulas `z` stands for the pre-activation, `a` for the activation, and an argument, a constant or a learned vector
for its own name. Where the units of a sample depend on each other, `z[n,k]` is that of unit k in sample n.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from chainrule.catalog.arguments import Argument, ArgumentValue, Choice, Integer
from chainrule.catalog.constant import SymbolicConstant
from chainrule.catalog.experiment.spec_error import expected
from chainrule.formula.differentiate import derivative, multiplied
from chainrule.formula.parse import read, read_of
from chainrule.formula.rule import UPSTREAM, Rule
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Divide, Expr, Multiply, Sum, Symbol, number, rebuilt, substituted, symbols_of
from chainrule.translation import gettext

# Refuses arguments that do not fit each other or the layer's units, with the path of the activation.
ActivationCheck = Callable[[Choice, int, str], None]
# A formula, or what gives the one that goes with the arguments.
Spoken = str | Callable[..., str]
# The pre-activation in formulas: of a unit for itself, and of unit i where units depend on each other.
Z = Symbol("z")
Z_I = Symbol("z", (Symbol("n"), Symbol("i")))
# More than any layer has units: what was given is no number of them, and is refused elsewhere.
MOST_LEARNED = 20_000_001


@dataclass(frozen=True, slots=True)
class Helper:
    """A part that a long slope has several times, by a letter: `t` in the slope's formula, and its own formula."""

    name: str
    formula: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of the gradient of a learned vector, in parts of sentences.

    `blame` follows the vector's name: "works where ...: it is blamed for what came back to {whose}", with {its} and
    {their} for one unit and for several. `where` says for which z it counts. `idle` says why it counts for none: of one
    unit, and of several.
    """

    blame: str = "is blamed for what came back to {whose}, each times how much {its} a changes with it"
    where: str = "where it changes a"
    idle: tuple[str, str] = ("its a does not change with it", "no a changes with it")


@dataclass(frozen=True, slots=True)
class Learned:
    """A vector that an activation learns, by the name that it has in formulas and in PyTorch's module.

    There is one number for each unit of the layer, or as many as the argument `count` says: 1, for all units, or one
    for each. Each begins at `initial`, a number or the argument that has it. `meaning` says what it is for. `slope` is
    the formula of da by the vector, where textbooks write it otherwise than it is derived.
    """

    name: str
    symbol: str
    word: str
    meaning: str
    initial: float | str
    count: str = ""
    slope: str = ""
    words: Words = Words()

    @property
    def plural(self) -> str:
        """Several of them, in words."""
        return f"{self.word}s"


def _accept(choice: Choice, units: int, path: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation a = f(z) of a layer, by torch's name.

    The cases of a piecewise formula follow each other along z. Without a `slope` it is derived from the formula; at a
    kink it is the one that torch chooses. Where `couples_units`, a of unit k is computed from all z of its sample:
    the slope is da[n,k] by z[n,i], and `shifted` the formula with `m`, the largest z, taken off from each power of e.

    `flat` is why nothing comes back where the slope is 0, if that is the same for all such z.

    `tell(**arguments)` are other words where the arguments change what it does; `title(**arguments)` is what it is
    called where that is not its name, and `symbol` its LaTeX then. `since` is the version of the file that it came
    with.
    """

    name: str
    formula: Spoken
    words: str
    slope: Spoken = ""
    flat: str = ""
    couples_units: bool = False
    shifted: str = ""
    helper: Callable[..., Helper | None] = lambda **arguments: None
    learned: tuple[Learned, ...] = ()
    arguments: tuple[Argument, ...] = ()
    constants: Mapping[str, SymbolicConstant] = field(default_factory=dict)
    tell: Callable[..., str] | None = None
    title: Callable[..., str] | None = None
    symbol: str = ""
    check: ActivationCheck = _accept
    since: int = 1

    def tree(self, choice: Choice) -> Expr:
        """Return the formula of a, of z and of what is learned."""
        return self._read(self.formula, choice)

    def slope_tree(self, choice: Choice) -> Expr:
        """Return the formula of da/dz, of z, a, what is learned and the helper."""
        if self.slope:
            return self._read(self.slope, choice)
        return derived_tree(self.tree(choice), Z_I if self.couples_units else Z)

    def helper_tree(self, choice: Choice) -> Expr | None:
        """Return the formula of the helper."""
        helper = self.helper(**choice.arguments)
        return None if helper is None else self._read(helper.formula, choice)

    def learned_slope(self, vector: Learned, choice: Choice) -> Expr:
        """Return the formula of da by a learned vector, of z and of what is learned."""
        if vector.slope:
            return self._read(vector.slope, choice)
        return derived_tree(self.tree(choice), Symbol(vector.name))

    def shifted_tree(self, choice: Choice) -> Expr:
        """Return the formula with `m` taken off from each power of e."""
        return self._read(self.shifted, choice)

    def _read(self, spoken: Spoken, choice: Choice) -> Expr:
        text = spoken if isinstance(spoken, str) else spoken(**choice.arguments)
        return without_ones(read_of(self.name, text), {name for name, value in choice.arguments.items() if value == 1})

    def rule(self, choice: Choice) -> Rule:
        """Return the formula of a, of what the step reads: z and what is learned."""
        names = ("z", *(vector.name for vector in self.learned))
        return Rule(self.tree(choice), names, ("n", "k") if self.couples_units else ())

    def slope_rule(self, choice: Choice) -> Rule:
        """Return the formula of dL/dz, of dL/da (`upstream`), z, a and what is learned.

        Of z, a and the learned vectors a slope need not name all, in any of its cases and conditions.
        """
        slope, helper = self.slope_tree(choice), self.helper_tree(choice)
        named = {name for tree in (slope, helper) if tree is not None for name in symbols_of(tree)}
        others = ("z", "a", *(vector.name for vector in self.learned))
        names = (UPSTREAM, *(name if name in named else "" for name in others))
        if not self.couples_units:
            return Rule(Multiply((Symbol(UPSTREAM), slope)), names)
        upstream = Symbol(UPSTREAM, (Symbol("n"), Symbol("k")))
        return Rule(Sum("k", Multiply((upstream, slope))), names, ("n", "i"))

    def learned_rule(self, vector: Learned, choice: Choice, operands: tuple[str, ...], *, shared: bool) -> Rule:
        """Return the formula of dL by a learned vector, of dL/da and `operands`: summed over the units too that share
        it.
        """
        found: Expr = Sum("n", Multiply((Symbol(UPSTREAM), self.learned_slope(vector, choice))))
        return Rule(Sum("k", found) if shared else found, (UPSTREAM, *operands))

    def with_numbers(self, tree: Expr, choice: Choice) -> Expr:
        """Return a formula of this activation with its arguments, its constants and its helper put in."""
        helper, named = self.helper(**choice.arguments), self.numbers(choice)
        known: dict[str, Expr] = {name: number(value) for name, value in named.items()}
        if helper is not None:
            known[helper.name] = substituted(read(helper.formula), known)
        return substituted(tree, known)

    def numbers(self, choice: Choice) -> dict[str, float]:
        """Return the numbers of the arguments and constants, by their names in formulas."""
        given = choice.arguments.items()
        found = {name: float(value) for name, value in given if isinstance(value, int | float)}
        return found | {name: constant.value for name, constant in self.constants.items()}

    def called(self, choice: Choice) -> str:
        """Return its name, or the formula that it is."""
        return self.title(**choice.arguments) if self.title else self.name

    def words_for(self, choice: Choice) -> str:
        """Return what it does, in words that follow its name."""
        return self.tell(**choice.arguments) if self.tell else gettext(self.words)

    def sizes(self, choice: Choice, units: int) -> dict[str, int]:
        """Return how many numbers each learned vector has in a layer; 1 where the argument is no number of them."""
        return {vector.name: self._size(vector, choice, units) for vector in self.learned}

    def _size(self, vector: Learned, choice: Choice, units: int) -> int:
        if not vector.count:
            return units
        given = choice.arguments.get(vector.count, self._default(vector.count))
        return int(given) if isinstance(given, int | float) and 1 <= given <= MOST_LEARNED else 1

    def first_value(self, vector: Learned, choice: Choice) -> float:
        """Return what each number of a learned vector is before training."""
        if not isinstance(vector.initial, str):
            return vector.initial
        return float(choice.arguments.get(vector.initial, self._default(vector.initial)))  # type: ignore[arg-type]

    def _default(self, name: str) -> ArgumentValue:
        return next(argument.default for argument in self.arguments if argument.name == name)

    def check_units(self, choice: Choice, units: int, path: str) -> None:
        """Refuse arguments that do not fit the layer's units, or each other."""
        for vector in self.learned:
            if vector.count and choice[vector.count] not in (1, units):
                several = f"1 (one {vector.word} for all units) or {units} (one for each unit of the layer)"
                wanted = "1" if units == 1 else several
                raise expected(f"{path}.{vector.count}", wanted, choice[vector.count])
        self.check(choice, units, path)

    def fitted(self, choice: Choice, units: int) -> Choice:
        """Return the choice in a layer of so many units: what it learns one of for each unit, it learns for these."""
        sizes = self.sizes(choice, units)
        unfit = [v.count for v in self.learned if v.count and sizes[v.name] not in (1, units)]
        return choice.replace(**dict.fromkeys(unfit, units)) if unfit else choice


@lru_cache(maxsize=1024)
def derived_tree(tree: Expr, by: Symbol) -> Expr:
    """Return the derivative of a formula, in the form that a textbook has."""
    return simplify(derivative(tree, by))


def without_ones(expr: Expr, ones: Collection[str]) -> Expr:
    """Return the formula without factors and divisors that are 1."""
    if isinstance(expr, Divide) and isinstance(expr.bottom, Symbol) and expr.bottom.name in ones:
        return without_ones(expr.top, ones)
    if isinstance(expr, Multiply):
        kept = [factor for factor in expr.factors if not (isinstance(factor, Symbol) and factor.name in ones)]
        return multiplied([without_ones(factor, ones) for factor in kept])
    return rebuilt(expr, lambda part: without_ones(part, ones))


@dataclass(frozen=True, slots=True)
class UnitsAxis(Integer):
    """The axis over which an activation works: the units of a sample, 1 or -1, or torch's None, which means it."""

    optional: bool = field(default=True, kw_only=True)

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return 1 or -1."""
        if value in (0, -2) and not isinstance(value, bool):
            hint = "it would run over the samples of the batch"
            raise expected(path, f"null or {self.allowed}", f"{value:g}", hint)
        if isinstance(value, bool) or value not in (1, -1):
            self.refuse(value, path)
        return int(value)

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return "1 or -1 (over the units of each sample)"
