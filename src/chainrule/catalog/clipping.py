"""Gradient clipping: what bounds all gradients before the optimizer reads them, as formulas."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.arguments import Argument, ArgumentValue, Choice, Number, Word
from chainrule.catalog.tables import table
from chainrule.catalog.values import refs
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import symbols_of

GRAD = "grad"
# What a formula can read of all gradients together.
SHARED = (refs.GRAD_NORM, refs.CLIP_COEFFICIENT)


@dataclass(frozen=True, slots=True)
class Clipping:
    """A way to clip, by the name of torch's function in `torch.nn.utils`.

    `formula` is what becomes of one element `grad`, and `clipped` says so as the end of a sentence. It may read
    `grad_norm`, the norm of all gradients together, and `clip_coef`, which `coefficient` makes of that norm. Which
    norm it is an argument `norm_type` says; else it is the usual one, the root of the sum of the squares.
    """

    name: str
    arguments: tuple[Argument, ...]
    words: str
    formula: str
    clipped: str
    coefficient: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """What the formula is of, without arguments: the gradient first."""
        named = symbols_of(read(self.formula))
        return (GRAD, *(name for name in SHARED if name in named))

    @property
    def reads_norm(self) -> bool:
        """Whether the norm of all gradients is needed."""
        return bool(self.coefficient) or refs.GRAD_NORM in self.reads

    def share(self, choice: Choice, norm: float) -> float:
        """Return what each gradient is multiplied by, where the norm of all is this one."""

        def value(name: str, places: tuple[int, ...]) -> float:
            return norm if name == refs.GRAD_NORM else choice.number(name)

        return evaluate(read(self.coefficient), value)


def norm_type(choice: Choice) -> str:
    """Return the p of the norm of all gradients: "1", "2" or "inf"."""
    return str(choice.arguments.get(NORM_TYPE.name, NORM_TYPE.default))


class NormType(Word):
    """The p of a norm: one of a few, as a number or as a word, because JSON has no infinity."""

    __slots__ = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a str, as torch takes it too."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        word = f"{value:g}" if number else value
        return word if isinstance(word, str) and word in self.choices else self.refuse(value, path)


# torch has no default for these.
MAX_NORM = Number("max_norm", 1.0, "largest norm", symbol="M", above=0.0, required=True)
NORM_TYPE = NormType("norm_type", "2", "kind of norm", choices=("1", "2", "inf"))
CLIP_VALUE = Number("clip_value", 1.0, "largest value", symbol="C", above=0.0, required=True)

CLIPPINGS = table(
    Clipping(
        "clip_grad_norm_",
        (MAX_NORM, NORM_TYPE),
        "makes all gradients shorter together, so that their norm is at most a given one",
        formula="clip_coef*grad",
        clipped="is multiplied by the share that is kept",
        # What torch adds to the norm, so that it never divides by zero.
        coefficient="min(1, max_norm/(grad_norm + 1e-6))",
    ),
    Clipping(
        "clip_grad_value_",
        (CLIP_VALUE,),
        "cuts each gradient off at a given size",
        formula="min(max(grad, -clip_value), clip_value)",
        clipped="is cut off where its size is more than allowed",
    ),
)
