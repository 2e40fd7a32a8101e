"""What a value is, in words of its own: its role, its axes, and what it belongs to.

A ref is a name and nothing more. What a reader of the program wants to know of it (which layer, per sample or not, a
gradient of what, kept by whom) stands in its `Value`, which says so in fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chainrule.catalog.activation import Learned
from chainrule.catalog.optimizers import Called
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.refs import ValueRef


class Axis(Enum):
    """What one index of a value counts. Along `ONE` there is a single number, which is that of all others."""

    BATCH = "batch"
    UNIT = "unit"
    # Of a weight: the unit of the layer below that it comes from.
    SOURCE = "source"
    ONE = "one"


class Role(Enum):
    """What a value is to the program."""

    INPUT = "input"
    TARGET = "target"
    PARAMETER = "parameter"
    PRE_ACTIVATION = "pre_activation"
    ACTIVATION = "activation"
    # What an operator of a formula gives.
    OPERATOR = "operator"
    LOSS_TERM = "loss_term"
    LOSS = "loss"
    # The loss of the data alone, where penalties are added to it.
    DATA_LOSS = "data_loss"
    PENALTY = "penalty"
    GRADIENT = "gradient"
    # What one source adds to a gradient: the data, a penalty, a reader of a name.
    SHARE = "share"
    ACCUMULATED = "accumulated"
    CLIPPED = "clipped"
    # The sum of the gradients since the last update.
    KEPT_GRADIENT = "kept_gradient"
    # What the optimizer carries from one iteration to the next for a parameter, and what it computes between.
    BUFFER = "buffer"
    TERM = "term"
    SETTING = "setting"
    SCHEDULER = "scheduler"
    ITERATION = "iteration"
    # What clipping by norm computes from all gradients together.
    CLIPPING = "clipping"


OF_OPTIMIZERS = (Role.BUFFER, Role.TERM)
# What a scheduler sets or keeps, where there is one.
SCHEDULED = (Role.SETTING, Role.SCHEDULER)
# Gradients on their way from the backward pass to the update.
GRADIENTS = (Role.GRADIENT, Role.SHARE, Role.ACCUMULATED, Role.CLIPPED)
_PLURALS = {"bias": "biases"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a program.

    `name` is what its owner calls it: weight, exp_avg, softmax, lr. `of` is what it belongs to: the value that a
    gradient is by, the parameter that a buffer is kept for. `sizes` go with `axes`; along the batch there are as many
    as the batch has rows, which is None here. `layer` and `group` count from 0. `source` says of a share where it comes
    from: "data", or the name of a formula's operator; `penalty` is the place of one among the experiment's. `next_of`
    is what it takes the place of in the next iteration. `learned` is what the table says of the vector that an
    activation learns, of that vector and of what belongs to it. `called` are the words and letters for what an update
    makes, and `extent` is what it has a number for beside its parameter: of a parameter that is one number the axes do
    not tell.
    """

    ref: ValueRef
    role: Role
    name: str
    axes: tuple[Axis, ...] = ()
    sizes: tuple[int | None, ...] = ()
    of: Value | None = None
    layer: int | None = None
    group: int | None = None
    source: str = ""
    penalty: int | None = None
    next_of: Value | None = None
    learned: Learned | None = None
    called: Called | None = None
    extent: Extent = Extent.ELEMENTS

    @property
    def owner(self) -> Value:
        """What it belongs to; itself where it belongs to nothing else."""
        return self.of or self

    @property
    def is_next(self) -> bool:
        """Whether it is what the iteration hands to the next."""
        return self.next_of is not None

    @property
    def per_sample(self) -> bool:
        """Whether its first index is the sample."""
        return bool(self.axes) and self.axes[0] is Axis.BATCH

    @property
    def shape_without_batch(self) -> tuple[int, ...]:
        """Its shape; of a value that has samples, that of one sample's numbers."""
        return tuple(size for size in self.sizes if size is not None)

    @property
    def is_of_parameter(self) -> bool:
        """Whether it is a parameter, or belongs to one."""
        return self.owner.role is Role.PARAMETER

    @property
    def is_learned(self) -> bool:
        """Whether it is a vector that an activation learns, or belongs to one."""
        return self.learned is not None

    @property
    def noun(self) -> str:
        """What its owner is called in words: weight, bias, what an activation learns; or whose number it is."""
        if self.role is Role.SCHEDULER:
            return "scheduler"
        return self.learned.word if self.learned else self.owner.name

    @property
    def nouns(self) -> str:
        """The same of several: weights, biases."""
        return self.learned.plural if self.learned else _PLURALS.get(self.noun, f"{self.noun}s")

    @property
    def written_sizes(self) -> tuple[int, ...]:
        """How many numbers there are along each index that is written: not the sample's, nor that of a single one."""
        pairs = zip(self.axes, self.sizes, strict=True)
        return tuple(size for axis, size in pairs if size is not None and axis is not Axis.ONE)

    def written(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the places of an index that are written, as `written_sizes` has them."""
        pairs = zip(self.axes, index, strict=True)
        return tuple(place for axis, place in pairs if axis not in (Axis.BATCH, Axis.ONE))
