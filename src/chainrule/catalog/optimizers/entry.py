"""What an optimizer is to the program: its buffers, and its computations, each a formula with its words.

In formulas a value that an update reads goes by its suffix, and the parameter itself by `param`; `eps` is the argument
of that name, and `betas_1` the second number of an argument that is several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chainrule.catalog.arguments import Argument, Choice
from chainrule.catalog.values.extent import Extent as Extent  # noqa: PLC0414 - for the entries, which are made of it
from chainrule.formula.writing.latex import name_parts

PARAMETER = ""
NEXT = "next"
GRAD = "grad"
LR = "lr"
MOMENTUM = "momentum"
BETA1 = "beta1"


@dataclass(frozen=True, slots=True)
class Called:
    """What a value is called: a letter in LaTeX, and words for headings and sentences.

    In equations the letter has the parameter in its index, m_w, or stands as a `prefix` in front of it; without a
    letter it is the parameter's own. `above` is a word in the superscript.
    """

    letter: str
    words: str
    above: str = ""
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Buffer:
    """What an optimizer carries from one iteration to the next for one parameter, by the key of torch's state.

    It starts filled with `initial`; "lr" is the learning rate of the first iteration. What it is called is made from
    its name unless it is told.
    """

    name: str
    initial: float | str = 0.0
    extent: Extent = Extent.ELEMENTS
    called: Called | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """One computation of an optimizer, for one parameter; elementwise, unless `extent` says otherwise.

    `writes` and `reads` are suffixes of the parameter's ref ("" is the parameter, "next" its new value), "grad" for
    its gradient (clipped where gradients are clipped), or "lr", "momentum" and "beta1" for what the optimizer is set
    to. It is computed from its formula, or by the `kernel` of that name, which is told the numbers `given` first.

    `tell`, given the numbers that one element reads, returns the words of the case that applies; `words` are then those
    for any. `shows_cases` says that all cases of the formula are shown, not only the one that applies. Where a sum is
    taken, `total` is the sum of `term`, a formula of x, over the elements of what is read first that lie in the row, in
    the column, or in all of the parameter that one number is written for; `count` is how many these are. What is
    written to a buffer is called as that is, anything else as `called` says.
    """

    writes: str
    reads: tuple[str, ...]
    formula: str
    words: str
    extent: Extent = Extent.ELEMENTS
    kernel: str = ""
    given: tuple[float, ...] = ()
    shows_cases: bool = False
    tell: Callable[..., str] | None = None
    term: str = ""
    called: Called | None = None

    @property
    def changes(self) -> str:
        """The name of the buffer that it writes the next value of; else of what it writes."""
        return self.writes.removesuffix(f".{NEXT}")


Updates = tuple[Update, ...]
Buffers = tuple[Buffer, ...]


def accept(choice: Choice, path: str) -> None:
    """Accept a choice of an optimizer whose arguments do not depend on each other."""


def unchanged(choice: Choice, name: str) -> Choice:
    """Return what goes with a change of an argument that no other depends on."""
    return choice


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer by torch's name. `updates(choice, shape)` are its computations, in order, for a parameter's shape.

    `state(choice, shape)` are the buffers that are carried from one iteration to the next. `check(choice, path)`
    raises `SpecError` for arguments that are right one by one and wrong together. `follow(choice, name)` is the choice
    with what goes with a change of the argument of that name. `since` is the version of the file that it came with.
    """

    name: str
    arguments: tuple[Argument, ...]
    state: Callable[[Choice, tuple[int, ...]], Buffers]
    updates: Callable[[Choice, tuple[int, ...]], Updates]
    words: str = ""
    check: Callable[[Choice, str], None] = accept
    follow: Callable[[Choice, str], Choice] = unchanged
    since: int = 1


def formula_name(read_as: str) -> str:
    """Return what a formula calls a value that an update reads by that suffix."""
    return read_as or "param"


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that an optimizer computes for a parameter: what it is called, its extent, and whether it is carried."""

    called: Called
    extent: Extent
    carried: bool = False


def kept_values(entry: Optimizer, choice: Choice, shape: tuple[int, ...]) -> Mapping[str, Kept]:
    """Return every value that the optimizer keeps or computes for a parameter of that shape, by its name without
    `next`.
    """
    found = {
        buffer.name: _kept(buffer.name, buffer.called, buffer.extent, carried=True)
        for buffer in entry.state(choice, shape)
    }
    for update in entry.updates(choice, shape):
        name = update.changes
        if name != NEXT and name not in found:
            found[name] = _kept(name, update.called, update.extent)
    return MappingProxyType(found)


def _kept(name: str, called: Called | None, extent: Extent, *, carried: bool = False) -> Kept:
    return Kept(called or called_as(name), extent, carried)


def called_as(name: str) -> Called:
    """Return what a value is called that is told no other name: `v` by its letter, `scale` by the word."""
    words, (letter, below) = name.replace("_", " "), name_parts(name)
    if below:
        return Called(f"{{{letter}_{{{below}}}}}", words)
    return Called(rf"\text{{{words}}}" if r"\mathrm" in letter else letter, words)


def typed_as(name: str) -> Called:
    """Return what a value is called that a person gave its name: so in words, and by its letter where it is one."""
    letter, below = name_parts(name)
    return Called(f"{{{letter}_{{{below}}}}}" if below else letter, name)
