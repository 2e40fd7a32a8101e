"""What a loss is: the formula of its terms, what divides their sum, what targets it takes, and the words beside them.

In formulas `o` stands for the output and `t` for the target, and an argument or a constant for its own name. A loss of
outputs each for itself is a formula of these, for one output of one sample. One of classes is a formula of a whole
sample n: `o[n,k]` is its output for class k, and `t[n]` its class. An argument of several numbers has one for each
output or class: `weight[k]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from chainrule.catalog.arguments import Argument, ArgumentValue, Choice, Numbers, Word
from chainrule.catalog.constant import SymbolicConstant
from chainrule.formula.differentiate import derivative, multiplied
from chainrule.formula.parse import read_of
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Expr, Multiply, Symbol, rebuilt

REDUCTIONS = ("mean", "sum", "batchmean")
REDUCTION = Word("reduction", "mean", "reduction", choices=REDUCTIONS)
IGNORE_INDEX = "ignore_index"
WEIGHT = "weight"
# What stands in formulas, and is no argument: a sample, a class or output, and how many of them there are.
SAMPLE, UNIT, OUTPUTS = Symbol("n"), Symbol("k"), "K"
# How far the sum of probabilities may be from 1 by rounding alone.
TOLERANCE = "tolerance"
OUTPUT, TARGET = "o", "t"

# A formula, or what gives the one that goes with the arguments.
Spoken = str | Callable[..., str]


class Targets(Enum):
    """What the targets of a loss are."""

    NUMBERS = "numbers"
    # A number from 0 to 1 for each output.
    FRACTIONS = "fractions"
    # -1 or 1 for each output.
    SIGNS = "signs"
    # One class a row, the index of its output, counted from 0.
    CLASSES = "classes"
    # One class a row, or where a row has several columns a probability for each class.
    DISTRIBUTIONS = "distributions"
    UNUSED = "unused"


class OneEach(Numbers):
    """A number for each output; that there are as many is checked where the network is known."""

    __slots__ = ()

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return "a list of numbers, one for each output"


@dataclass(frozen=True, slots=True)
class Limit:
    """A formula that holds in the place of the usual one where a condition does, and the note that says why.

    It is another way to compute the same, or a limit that torch sets. Where it `is_shown`, the symbols of an equation
    are its own, too.
    """

    formula: Spoken
    when: str
    note: str
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class LossKink:
    """Where a loss has a kink: where a `formula` of o and t is a `number`; `text` is the formula in words.

    `words` say which slope is taken there.
    """

    formula: str
    number: float
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class LossTerm:
    """A value of each output that a loss shows on its way, by its suffix in refs.

    `symbol` is its name in formulas, `letters` are its LaTeX, small and capital. `formula` is of the targets' classes,
    `of_shares`, where it is another, of probabilities. In the `shifted` one the largest output m of the sample is
    taken off from each power of e. `function` is what it is of the whole tensor.
    """

    name: str
    symbol: str
    letters: tuple[str, str]
    title: str
    meaning: str
    formula: str
    of_shares: str = ""
    shifted: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """How an output says yes or no: above `output`; a target says yes above `target`. `labels` are the answers."""

    target: float
    output: float
    labels: tuple[str, str] = ("0", "1")


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss that adds up terms and divides by what the reduction says; `words` say what it measures.

    `formula` is a term, and `slope` its derivative by an output, where textbooks write another form than the derived
    one. At a kink it is the one that torch chooses, and the cases follow each other along o - t. The index of a sum
    in a formula whose slope is derived is not k. `expects` is the activation that the outputs are to come from, and
    what they are then. `since` is the version of the file that it came with. `kink` is one where o and t are not
    equal.
    """

    name: str
    words: str
    formula: Spoken
    slope: Spoken = ""
    targets: Targets = Targets.NUMBERS
    arguments: tuple[Argument, ...] = field(default=(REDUCTION,), kw_only=True)
    terms: tuple[LossTerm, ...] = field(default=(), kw_only=True)
    limits: tuple[Limit, ...] = field(default=(), kw_only=True)
    slope_limits: tuple[Limit, ...] = field(default=(), kw_only=True)
    constants: Mapping[str, SymbolicConstant] = field(default_factory=dict, kw_only=True)
    needs_probabilities: bool = field(default=False, kw_only=True)
    decision: Decision | None = field(default=None, kw_only=True)
    kink: LossKink | None = field(default=None, kw_only=True)
    expects: tuple[str, str] | None = field(default=None, kw_only=True)
    since: int = field(default=1, kw_only=True)

    @property
    def of_classes(self) -> bool:
        """Whether samples belong to classes, with an output for each."""
        return self.targets in (Targets.CLASSES, Targets.DISTRIBUTIONS)

    @property
    def lists(self) -> tuple[str, ...]:
        """The arguments that are a number for each output."""
        return tuple(argument.name for argument in self.arguments if isinstance(argument, Numbers))

    def tree(self, choice: Choice) -> Expr:
        """Return the formula of a term, without the arguments that are not given."""
        return self.said(self.formula, choice)

    def slope_tree(self, choice: Choice) -> Expr:
        """Return the formula of its derivative by an output: by `o`, or by `o[n,k]` where there are classes."""
        if self.slope:
            return self.said(self.slope, choice)
        return _derived(self.tree(choice), self.of_classes)

    def said(self, spoken: Spoken, choice: Choice) -> Expr:
        """Return a formula of this loss without the factors whose arguments are not given: None."""
        text = spoken if isinstance(spoken, str) else spoken(**own_arguments(choice))
        missing = [name for name in self.lists if choice.arguments.get(name) is None]
        return _without(read_of(self.name, text), tuple(missing))

    def divisor(self, choice: Choice, batch: int, outputs: int) -> int:
        """Return what the sum of the terms is divided by, unless that is a sum of weights.

        `mean` counts every output, or where there are classes every sample, and `batchmean` the samples.
        """
        counted = batch if self.of_classes else batch * outputs
        return {"mean": counted, "sum": 1, "batchmean": batch}[str(choice["reduction"])]


def own_arguments(choice: Choice) -> dict[str, ArgumentValue]:
    """Return the arguments that the terms of a loss take: all but the reduction."""
    return {name: value for name, value in choice.arguments.items() if name != REDUCTION.name}


@lru_cache(maxsize=256)
def _derived(tree: Expr, of_classes: bool) -> Expr:
    return simplify(derivative(tree, Symbol(OUTPUT, (SAMPLE, UNIT) if of_classes else ())))


@lru_cache(maxsize=256)
def _without(expr: Expr, missing: tuple[str, ...]) -> Expr:
    """Return the formula without factors that are not given."""
    if not missing:
        return expr
    if isinstance(expr, Multiply):
        kept = [each for each in expr.factors if not (isinstance(each, Symbol) and each.name in missing)]
        return multiplied([_without(each, missing) for each in kept])
    return rebuilt(expr, lambda part: _without(part, missing))
