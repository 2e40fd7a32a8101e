"""What a reader knows of a script beside its names: randomness, the training that it saw, and how much was spent."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

from chainrule.catalog.arguments import Choice
from chainrule.explain.code.reading.findings import Findings, NotUnderstoodError, ScriptLimitError
from chainrule.explain.code.reading.values import (
    ScriptArray,
    ScriptLoss,
    ScriptModule,
    ScriptOptimizer,
    ScriptScheduler,
    Signal,
)

# What is followed: nodes of the syntax tree, numbers in one array, and numbers in all of them together.
MOST_STEPS = 300_000
MOST_NUMBERS = 10_000_000
MOST_IN_ALL = 60_000_000
# Items of lists that are looked at.
MOST_ITEMS_IN_ALL = 100_000_000


@dataclass(slots=True)
class SeenTraining:
    """What the script does to train: the last of each kind."""

    losses: list[ScriptLoss] = field(default_factory=list)
    backward: ScriptLoss | None = None
    backward_line: int = 0
    optimizers: list[ScriptOptimizer] = field(default_factory=list)
    stepped: ScriptOptimizer | None = None
    schedulers: list[ScriptScheduler] = field(default_factory=list)
    scheduler: ScriptScheduler | None = None
    interval: str = "epoch"
    clipping: Choice | None = None
    batch_size: int | None = None
    shuffle: bool = False
    accumulate: int = 1
    clears: bool = False
    in_loop: bool = False


@dataclass(slots=True)
class ScriptState:
    """The state of a reading. Draws are those of torch's and NumPy's own generators, begun where the script says."""

    findings: Findings = field(default_factory=Findings)
    generator: torch.Generator = field(default_factory=lambda: torch.Generator().manual_seed(0))
    numpy_random: np.random.RandomState = field(default_factory=lambda: np.random.RandomState(0))
    seed: int = 0
    is_seeded: bool = False
    is_numpy_seeded: bool = False
    unseeded_line: int = 0
    dtype: torch.dtype = torch.float32
    modules: list[ScriptModule] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    training: SeenTraining = field(default_factory=SeenTraining)
    without_gradient: int = 0
    # Modules of the script whose forward pass is being followed.
    forwards: int = 0
    # The loops that train around what is being read: "epoch" or "batch".
    loops: list[str] = field(default_factory=list)
    steps: int = 0
    numbers: int = 0
    items: int = 0
    # Parameters as they were drawn, by identity, with what tells whether they were changed since.
    drawn: dict[int, tuple[ScriptArray, int]] = field(default_factory=dict)

    def spend_step(self) -> None:
        """Count one more node that is followed."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ScriptLimitError(f"the script takes more than {MOST_STEPS} steps to follow")

    def spend(self, count: int) -> None:
        """Count numbers before they are made."""
        if count > MOST_NUMBERS:
            raise NotUnderstoodError(f"more than {MOST_NUMBERS} numbers")
        self.numbers += count
        if self.numbers > MOST_IN_ALL:
            raise ScriptLimitError(f"the script makes more than {MOST_IN_ALL} numbers")

    def spend_items(self, count: int) -> None:
        """Count items of lists before they are gone through."""
        if count > MOST_NUMBERS:
            raise NotUnderstoodError(f"more than {MOST_NUMBERS} items")
        self.items += count
        if self.items > MOST_ITEMS_IN_ALL:
            raise ScriptLimitError(f"the script goes through more than {MOST_ITEMS_IN_ALL} items")

    def draw_from(self, line: int, *, numpy: bool = False) -> None:
        """Remember that a number was drawn before the script said where to begin."""
        seeded = self.is_numpy_seeded if numpy else self.is_seeded
        if not seeded and not self.unseeded_line:
            self.unseeded_line = line

    def note_drawn(self, array: ScriptArray) -> None:
        """Remember that a parameter is now as the generator drew it."""
        self.drawn[id(array)] = array, _fingerprint(array)

    def is_drawn(self, array: ScriptArray) -> bool:
        """Return whether a parameter is still as it was drawn."""
        kept, found = self.drawn.get(id(array), (None, 0))
        return kept is array and found == _fingerprint(array)


def _fingerprint(array: ScriptArray) -> int:
    return hash(array.tensor.detach().contiguous().numpy().tobytes())


class Caller(Protocol):
    """Who follows a script, as its functions see it."""

    state: ScriptState

    def call(self, function: object, args: Sequence[object], named: dict[str, object], node: ast.AST) -> object:
        """Call a value of the script."""


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """A call in the script of something that a table knows, with its arguments."""

    caller: Caller
    args: list[Any]
    named: dict[str, object]
    node: ast.AST

    @property
    def state(self) -> ScriptState:
        """The state of the reading."""
        return self.caller.state

    @property
    def line(self) -> int:
        """The line of the script, from 1."""
        return int(getattr(self.node, "lineno", 0))

    def get(self, place: int, name: str, default: Any = None) -> Any:
        """Return an argument, by its place or its name."""
        if place < len(self.args):
            return self.args[place]
        return self.named.get(name, default)

    def needed(self, place: int, name: str) -> Any:
        """Return an argument that must be there."""
        found = self.get(place, name)
        if found is None:
            raise NotUnderstoodError(f"{name} is not known")
        return found

    def without_first(self) -> ScriptCall:
        """Return the call with its first argument taken away."""
        return ScriptCall(self.caller, self.args[1:], self.named, self.node)


def items_within(value: object, counted: dict[int, int] | None = None) -> int:
    """Return how many items there are in lists within lists, each as often as it is there.

    It goes through each list once, though the same may stand in many places.
    """
    if not isinstance(value, list | tuple | dict):
        return 1
    counted = {} if counted is None else counted
    if id(value) not in counted:
        counted[id(value)] = 1
        inner = [each for each in _members(value) if isinstance(each, list | tuple | dict)]
        counted[id(value)] = 1 + len(value) + sum(items_within(each, counted) for each in inner)
    return counted[id(value)]


def _members(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def whole(value: object, what: str, most: int = MOST_NUMBERS) -> int:
    """Return an integer from 0 to `most`, or refuse the value."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise NotUnderstoodError(f"{what} is not known" if not isinstance(value, int) else f"{what} is out of range")
    return value
