"""What was made of some things, kept as long as they are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Something that was made, and the things that it was made of; of others it is made anew.

    What is as large as data is not compared: such things are told apart by being others. Those in `of` that are
    tuples are compared.
    """

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self.value: T | None = None

    def is_of(self, of: tuple[object, ...]) -> bool:
        """Return whether it is of the same things."""
        return len(of) == len(self._of) and all(
            one is other or (isinstance(one, tuple) and one == other) for one, other in zip(of, self._of, strict=True)
        )

    def keep(self, of: tuple[object, ...], value: T) -> None:
        """Keep another one."""
        self._of, self.value = of, value

    def forget(self) -> None:
        """Have it made anew, whatever it is of."""
        self._of, self.value = (), None

    def get(self, of: tuple[object, ...], make: Callable[[], T]) -> T:
        """Return it, made anew where it is of other things."""
        if self.value is None or not self.is_of(of):
            self.keep(of, make())
        assert self.value is not None
        return self.value
