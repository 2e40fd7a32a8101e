"""Numbers of a history as files hold them: flat memory and a shape, each kept once, however often it is named."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.model.files.converting import json_kind

# What JSON has no number for, as `chainrule trace` writes it; a NaN has a sign, too, as in ∞ - ∞.
SPECIAL = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan, "-nan": -math.nan}
# States and curves have no more.
MOST_AXES = 2
# Of as many numbers it is worth while to say what differs from others alone, where that is few of them.
WORTH_COMPARING = 64
MOST_CHANGES = 16


@dataclass(frozen=True, slots=True, eq=False)
class SavedNumbers:
    """Numbers of a shape, row by row; nobody writes to their memory, which is of the format d."""

    shape: tuple[int, ...]
    memory: memoryview

    @classmethod
    def of(cls, shape: tuple[int, ...], numbers: Sequence[float]) -> SavedNumbers:
        """Return numbers that are given one by one."""
        return cls(shape, memoryview(array("d", numbers)))

    @property
    def columns(self) -> int:
        """How many numbers stand in a row; 1 where there are no rows."""
        return self.shape[1] if len(self.shape) > 1 else 1

    @property
    def is_finite(self) -> bool:
        """Whether JSON has a number for each."""
        return all(map(math.isfinite, self.memory))

    def changes_since(self, other: SavedNumbers) -> tuple[list[int], list[float]] | None:
        """Return where the numbers differ from others, and what they are there; None where that says too much."""
        if self.shape != other.shape or len(self.memory) < WORTH_COMPARING:
            return None
        places = list[int]()
        # Bytes, for a NaN is not equal to itself, and 0 is to -0. Rows first: most are the same.
        one, two, width = self.memory.tobytes(), other.memory.tobytes(), max(64, self.columns) * 8
        for start in range(0, len(one), width):
            if one[start : start + width] == two[start : start + width]:
                continue
            for place in range(start, min(start + width, len(one)), 8):
                if one[place : place + 8] != two[place : place + 8]:
                    places.append(place // 8)
            if len(places) > MOST_CHANGES:
                return None
        return places, [self.memory[place] for place in places]

    def changed(self, places: Sequence[int], numbers: Sequence[float]) -> SavedNumbers:
        """Return the numbers with others at some places."""
        memory: array[float] = array("d", self.memory.tobytes())
        for place, number in zip(places, numbers, strict=True):
            memory[place] = number
        return SavedNumbers(self.shape, memoryview(memory))

    def nested(self) -> NestedNumbers | list[object]:
        """Return the numbers as JSON has them: a number, a list, or a list of lists; text for what is not finite."""
        plain = [_plain(number) for number in self.memory]
        if not self.shape:
            return plain[0]  # type: ignore[return-value]
        if len(self.shape) == 1:
            return plain
        # A row may have no numbers.
        return [plain[row * self.columns : (row + 1) * self.columns] for row in range(self.shape[0])]


def _plain(number: float) -> object:
    if math.isfinite(number):
        return number
    return "-nan" if math.isnan(number) and math.copysign(1.0, number) < 0 else str(number)


def numbers_at(raw: object, path: str) -> SavedNumbers:
    """Return what JSON has at a path: a number, a list of them, or a list of lists of one length."""
    if not isinstance(raw, list):
        return SavedNumbers.of((), [special_number(raw, path)])
    if not (raw and isinstance(raw[0], list)):
        return SavedNumbers.of((len(raw),), list(_flat(raw, path)))
    flat: array[float] = array("d")
    columns = len(raw[0])
    for index, row in enumerate(raw):
        if not isinstance(row, list) or len(row) != columns:
            got = len(row) if isinstance(row, list) else json_kind(row)
            raise SpecError(f"{path}[{index}]", f"expected a list of {columns} numbers, got {got}")
        flat.extend(_flat(row, f"{path}[{index}]"))
    return SavedNumbers((len(raw), columns), memoryview(flat))


def _flat(raw: list[object], path: str) -> Iterator[float]:
    for index, item in enumerate(raw):
        yield item if type(item) is float else special_number(item, f"{path}[{index}]")


def special_number(raw: object, path: str) -> float:
    """Return a number, or what stands for one that is not finite."""
    if isinstance(raw, str) and raw in SPECIAL:
        return SPECIAL[raw]
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        got = describe(raw) if isinstance(raw, str) else json_kind(raw)
        raise SpecError(path, f'expected a number, "inf", "-inf", "nan" or "-nan", got {got}')
    try:
        return float(raw)
    except OverflowError:
        raise SpecError(path, "expected a finite number, got one that is too large") from None
