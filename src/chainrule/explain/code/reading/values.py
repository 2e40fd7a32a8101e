"""What the names of a script stand for while it is read, beside Python's numbers, texts, lists and dictionaries."""

from __future__ import annotations

import ast
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from chainrule.catalog.arguments import Choice

Scope = MutableMapping[str, object]


class Unknown:
    """What nothing is known of: why has been said where it came up."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class LibraryName:
    """A module, class or function of a library, by its full name: `torch.nn.functional.relu`."""

    path: str


@dataclass(eq=False, slots=True)
class ScriptArray:
    """Numbers of a script: an array of torch or of NumPy. Where `learned`, the script lets torch train it."""

    data: torch.Tensor | np.ndarray[Any, Any]
    learned: bool = False
    frozen: bool = False

    @property
    def tensor(self) -> torch.Tensor:
        """The numbers as a tensor."""
        return self.data if isinstance(self.data, torch.Tensor) else torch.as_tensor(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many numbers along each axis."""
        return tuple(self.data.shape)


@dataclass(eq=False, slots=True)
class ScriptModule:
    """A module: its kind by torch's name, or "class" for one of the script's own, and what it has by name."""

    kind: str
    attributes: dict[str, object] = field(default_factory=dict)
    choice: Choice | None = None
    defined: ScriptClass | None = None
    line: int = 0

    def children(self) -> Iterator[tuple[str, ScriptModule]]:
        """Yield the modules inside, by name, in the order in which they were set."""
        for name, value in self.attributes.items():
            if isinstance(value, ScriptModule):
                yield name, value

    def modules(self, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, ScriptModule]]:
        """Yield this module and all inside, by their dotted names, each once."""
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, child in self.children():
            yield from child.modules(f"{prefix}.{name}" if prefix else name, seen)

    def parameters(self) -> Iterator[tuple[str, ScriptArray]]:
        """Yield what is learned, by its name in `state_dict`, each once."""
        seen: set[int] = set()
        for prefix, module in self.modules():
            for name, value in module.attributes.items():
                if isinstance(value, ScriptArray) and value.learned and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{prefix}.{name}" if prefix else name), value


@dataclass(eq=False, slots=True)
class ScriptFunction:
    """A function that the script defines, or a lambda, with the names that it can see."""

    name: str
    arguments: ast.arguments
    body: list[ast.stmt] | ast.expr
    scope: Scope

    @property
    def is_generator(self) -> bool:
        """Whether it gives out one value after the other."""
        return any(isinstance(node, ast.Yield) for each in _nodes(self.body) for node in ast.walk(each))


def _nodes(body: list[ast.stmt] | ast.expr) -> list[ast.AST]:
    return list(body) if isinstance(body, list) else [body]


@dataclass(eq=False, slots=True)
class ScriptClass:
    """A class that the script defines, with what stands in it."""

    name: str
    bases: tuple[object, ...]
    members: dict[str, object]
    line: int

    @property
    def is_module(self) -> bool:
        """Whether it is a network, or a part of one."""
        names = [base.path for base in self.bases if isinstance(base, LibraryName)]
        return "torch.nn.Module" in names or any(isinstance(b, ScriptClass) and b.is_module for b in self.bases)

    def member(self, name: str) -> object | None:
        """Return what the class, or one that it is derived from, has of a name."""
        if name in self.members:
            return self.members[name]
        inherited = (base.member(name) for base in self.bases if isinstance(base, ScriptClass))
        return next((each for each in inherited if each is not None), None)


@dataclass(frozen=True, slots=True)
class Bound:
    """A method of a value, to be called."""

    owner: object
    name: str


@dataclass(frozen=True, slots=True)
class Parent:
    """What `super()` stands for."""

    owner: object


@dataclass(frozen=True, slots=True, eq=False)
class ReadLayer:
    """A linear layer of the network that is read, and the activation behind it.

    `module` has weight and bias; `slope` is the learned slope of a PReLU.
    """

    module: ScriptModule
    activation: Choice | None = None
    slope: ScriptArray | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """What comes out of layers: of which numbers, through which layers, and what was done to it since, as a formula.

    `shape` is what torch's would be, None where the rows are not known. `is_flat` says that a last axis of one number
    was taken away.
    """

    source: object
    layers: tuple[ReadLayer, ...] = ()
    after: str = "z"
    rows: int | None = None
    is_flat: bool = False

    def then(self, **changes: Any) -> Signal:
        """Return the same with changes."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTerm:
    """A formula of output o and target t, element by element, before it is added up."""

    text: str
    output: Signal
    target: object


@dataclass(frozen=True, slots=True, eq=False)
class PenaltyTerm:
    """What is to be added to a loss for the size of parameters: by kind (L1, L2), each with its factor."""

    parts: tuple[tuple[str, ScriptArray, float], ...]
    is_sum: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ScriptLoss:
    """A loss that the script computes: of which output and target, and what is added to it."""

    choice: Choice
    output: Signal
    target: object
    penalties: PenaltyTerm | None = None
    divided: float = 1.0
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ScriptCriterion:
    """A loss function with its arguments, to be called with outputs and targets."""

    choice: Choice


@dataclass(eq=False, slots=True)
class ScriptOptimizer:
    """An optimizer: what it is set to, and groups of parameters with what they have of their own."""

    choice: Choice
    groups: list[tuple[list[ScriptArray], dict[str, Any]]]
    line: int


@dataclass(eq=False, slots=True)
class ScriptScheduler:
    """A scheduler of an optimizer."""

    choice: Choice
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class ParameterGradient:
    """A multiple of a parameter's gradient, as updates by hand have it."""

    parameter: ScriptArray
    factor: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class RowSet:
    """A data set: arrays that are taken row by row, together."""

    arrays: tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BatchLoader:
    """What gives out a data set batch by batch."""

    rows: RowSet
    batch_size: int | None
    shuffle: bool


@dataclass(frozen=True, slots=True, eq=False)
class LoopIndex:
    """The variable of a loop that trains: it counts up to `stop` by `step`, and may choose the rows of a batch."""

    stop: int
    step: int
    is_end: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DrawnOrder:
    """Rows in an order drawn anew, or as they are, or a part of them: of a batch where `batch_size` says how many."""

    rows: int
    is_drawn: bool = True
    batch_size: int | None = None
