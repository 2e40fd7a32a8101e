"""What an optimizer is to the program: its buffers, and its computations, each a formula beside its function.

In formulas a value that an update reads goes by its suffix, and the parameter itself by `param`; `eps` is the argument
of that name, and `betas_1` the second number of an argument that is several.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from chainrule.catalog.arguments import Argument, Choice
from chainrule.catalog.extent import Extent as Extent  # noqa: PLC0414 - for the entries, which are made of it

PARAMETER = ""
NEXT = "next"
GRAD = "grad"
LR = "lr"
MOMENTUM = "momentum"
BETA1 = "beta1"


@dataclass(frozen=True, slots=True)
class Buffer:
    """What an optimizer carries from one iteration to the next for one parameter, by the key of torch's state.

    It starts filled with `initial`; "lr" is the learning rate of the first iteration.
    """

    name: str
    initial: float | str = 0.0
    extent: Extent = Extent.ELEMENTS


@dataclass(frozen=True, slots=True)
class Update:
    """One computation of an optimizer, for one parameter; elementwise, unless `extent` says otherwise.

    `writes` and `reads` are suffixes of the parameter's ref ("" is the parameter, "next" its new value), "grad" for
    its gradient (clipped where gradients are clipped), or "lr", "momentum" and "beta1" for what the optimizer is set
    to. Scalars are tensors () in float64 on the CPU, so that `.item()` costs nothing.

    `tell`, given the numbers that one element reads, returns the words of the case that applies; `words` are then those
    for any. `shows_cases` says that all cases of the formula are shown, not only the one that applies. Where a sum is
    taken, `total` is the sum of `term`, a formula of x, over the elements of what is read first that lie in the row, in
    the column, or in all of the parameter that one number is written for; `count` is how many these are.
    """

    writes: str
    reads: tuple[str, ...]
    compute: Callable[..., Tensor]
    formula: str
    words: str
    extent: Extent = Extent.ELEMENTS
    shows_cases: bool = False
    tell: Callable[..., str] | None = None
    term: str = ""


Updates = tuple[Update, ...]
Buffers = tuple[Buffer, ...]


def accept(choice: Choice, path: str) -> None:
    """The check of an optimizer whose arguments do not depend on each other."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer by torch's name. `updates(choice, shape)` are its computations, in order, for a parameter's shape.

    `state(choice, shape)` are the buffers that are carried from one iteration to the next. `check(choice, path)`
    raises `SpecError` for arguments that are right one by one and wrong together.
    """

    name: str
    arguments: tuple[Argument, ...]
    state: Callable[[Choice, tuple[int, ...]], Buffers]
    updates: Callable[[Choice, tuple[int, ...]], Updates]
    words: str = ""
    check: Callable[[Choice, str], None] = accept
