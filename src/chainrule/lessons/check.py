"""Check a number that was worked out by hand: right, right but for rounding, or wrong, and by which mistake."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.given_number import GivenNumber
from chainrule.lessons.mistakes import Mistake, Search
from chainrule.lessons.one_sample import of_one_sample
from chainrule.lessons.rounding import Rounded, rounded_on_the_way
from chainrule.model.files.disk import exhaust

# So many mistakes that give the number are told.
MOST_TOLD = 3
# Off by more than this share of the number is no rounding, whatever was rounded; and by less may be some.
_COARSE, _WHOLE, _CLOSE = 0.1, 0.02, 0.005
# By so few digits two mistakes, or another number, would be found by chance.
_FEW_DIGITS = 2
_SMALL = 100
# A slip of the point.
_POWERS = (1, -1, 2, -2, 3, -3)
_SAME = {"float64": 1e-9, "float32": 2e-6}
# Of a larger value the other numbers are not looked through.
MOST_OTHERS = 256


class MistakeSearch(Protocol):
    """The mistakes of one number, each as it is computed; None is one that gives the right number, or none."""

    def singles(self) -> Iterator[Mistake | None]:
        """Yield one mistake each."""

    def pairs(self) -> Iterator[Mistake | None]:
        """Yield two mistakes at once."""


class NumberVerdict(Enum):
    """What a given number is."""

    RIGHT = "right"
    ROUNDED = "rounded"
    WRONG = "wrong"
    # There is no number to compare with: it is infinite, or none.
    NO_NUMBER = "no number"


class Why(Enum):
    """What a verdict says beside the mistakes."""

    NONE = ""
    LAST_DIGIT = "last digit"
    WHOLE = "whole"
    TO_ZERO = "to zero"
    ON_THE_WAY = "on the way"
    CLOSE = "close"
    TOO_EARLY = "too early"
    POINT = "point"
    OTHER_NUMBER = "other number"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """A given number beside the right one. `mistakes` are those that give it; `is_about` says that they do but for
    rounding. `rounded` is how intermediate values were rounded, `power` by how many places the point is off, and
    `other` the number of the calculation that it is instead.
    """

    ref: ValueRef
    index: Index
    given: GivenNumber
    right: float
    verdict: NumberVerdict
    why: Why = Why.NONE
    mistakes: tuple[Mistake, ...] = ()
    is_about: bool = False
    rounded: Rounded | None = None
    power: int = 0
    other: tuple[ValueRef, Index] | None = None


@dataclass(slots=True)
class _Found:
    exact: list[Mistake] = field(default_factory=list)
    about: list[Mistake] = field(default_factory=list)


def check_given(calculation: Calculation, ref: ValueRef, index: Index, given: GivenNumber) -> CheckedNumber:
    """Return what a given number is; the mistakes are looked for at once."""
    return exhaust(checking_number(calculation, ref, index, given))


def checking_number(
    calculation: Calculation, ref: ValueRef, index: Index, given: GivenNumber, search: MistakeSearch | None = None
) -> Generator[None, None, CheckedNumber]:
    """Check a number in slices: each computes one mistake. `search` is where they are looked for, if not anew."""
    checker = _Checker(calculation, ref, index, given, search)
    found = checker.known()
    return (yield from checker.searching()) if found is None else found


class _Checker:
    """One number that is checked."""

    def __init__(
        self, calculation: Calculation, ref: ValueRef, index: Index, given: GivenNumber, search: MistakeSearch | None
    ) -> None:
        self._calculation, self._ref, self._index, self._given = calculation, ref, index, given
        self._search = search
        self._right = calculation.number(ref, index)
        # Mistakes are computed in the part that it takes.
        self._part, self._place = of_one_sample(calculation, ref, index)

    def known(self) -> CheckedNumber | None:
        """Return the verdict where no mistake has to be looked for."""
        given, right = self._given, self._right
        if not math.isfinite(right):
            return self._result(NumberVerdict.NO_NUMBER)
        room = _SAME[self._calculation.experiment.dtype]
        if math.isclose(given.value, right, rel_tol=room, abs_tol=1e-15):
            return self._result(NumberVerdict.RIGHT)
        if given.stands_for(right):
            return (
                self._result(NumberVerdict.RIGHT) if given.value else self._result(NumberVerdict.ROUNDED, Why.TO_ZERO)
            )
        if self._off > _COARSE:
            return None
        if given.digits is None and given.value == round(right) and self._off <= _WHOLE:
            return self._result(NumberVerdict.ROUNDED, Why.WHOLE)
        if given.digits is not None and given.is_near(right, 1 + 1e-9):
            return self._result(NumberVerdict.ROUNDED, Why.LAST_DIGIT)
        for rounded in rounded_on_the_way(self._part, self._ref, self._place):
            if given.stands_for(rounded.number):
                return self._result(NumberVerdict.ROUNDED, Why.ON_THE_WAY, rounded=rounded)
        return None

    def searching(self) -> Generator[None, None, CheckedNumber]:
        """Look for what makes the given number of the right one."""
        if self._calculation.is_by_hand(self._ref, self._index):
            return self._result(NumberVerdict.WRONG, Why.BY_HAND)
        search, found = self._search or Search(self._part, self._ref, self._place), _Found()
        if isinstance(search, Search):
            yield from search.preparing()
        for mistake in search.singles():
            self._keep(found, mistake)
            yield
        if found.exact:
            return self._wrong(found.exact)
        if self._off <= _CLOSE:
            return self._result(NumberVerdict.ROUNDED, Why.CLOSE)
        slip = self._slip()
        if slip is not None:
            return slip
        if found.about:
            return self._wrong(found.about, is_about=True)
        if self._is_precise:
            for mistake in search.pairs():
                self._keep(found, mistake)
                yield
        return self._wrong(found.exact) if found.exact else self._coarse()

    @property
    def _off(self) -> float:
        """How far it is off, as a share of the right number."""
        return abs(self._given.value - self._right) / abs(self._right) if self._right else math.inf

    @property
    def _is_precise(self) -> bool:
        if self._given.digits is None:
            # A small whole number is met everywhere.
            return not self._given.value.is_integer() or abs(self._given.value) >= _SMALL
        return self._given.digits > _FEW_DIGITS

    def _keep(self, found: _Found, mistake: Mistake | None) -> None:
        if mistake is None:
            return
        given, number = self._given, mistake.number
        # 0 is what little is left of is rounded to.
        if given.stands_for(number) and (given.value or abs(number) <= given.unit * 1e-3):
            found.exact.append(mistake)
        elif given.digits is not None and given.digits >= _FEW_DIGITS and given.is_near(number, 1.5):
            found.about.append(mistake)

    def _slip(self) -> CheckedNumber | None:
        """Return the verdict where the point is at another place, or the number is that of another element."""
        given = self._given
        if (given.digits is None or given.digits >= _FEW_DIGITS) and given.value:
            for power in _POWERS:
                if given.stands_for(self._right * 10.0**power):
                    return self._result(NumberVerdict.WRONG, Why.POINT, power=power)
        other = self._other() if self._is_precise else None
        return None if other is None else self._result(NumberVerdict.WRONG, Why.OTHER_NUMBER, other=other)

    def _other(self) -> tuple[ValueRef, Index] | None:
        """Return a number that belongs nearby: of the same value, or of what the last step reads."""
        steps = self._calculation.ancestors(self._ref)
        reads = steps[-1].reads if steps else ()
        for ref in (self._ref, *reads):
            tensor, value = self._calculation.values[ref], self._calculation.described.get(ref)
            if tensor.numel() > MOST_OTHERS or value is None or value.role in (Role.SETTING, Role.ITERATION):
                continue
            for place, number in enumerate(tensor.flatten().tolist()):
                if number and self._given.stands_for(number):
                    return ref, _index(place, tuple(tensor.shape))
        return None

    def _coarse(self) -> CheckedNumber:
        for rounded in rounded_on_the_way(self._part, self._ref, self._place):
            if self._given.stands_for(rounded.number):
                return self._result(NumberVerdict.WRONG, Why.TOO_EARLY, rounded=rounded)
        return self._result(NumberVerdict.WRONG)

    def _wrong(self, found: list[Mistake], *, is_about: bool = False) -> CheckedNumber:
        fewest = min(each.count for each in found)
        alone = {(each.first.sort, each.number) for each in found if not each.is_everywhere}
        # In one step or in all of them: where that is the same number it is told of the one.
        told = [each for each in found if not (each.is_everywhere and (each.first.sort, each.number) in alone)]
        kept = [each for each in told if each.count == fewest]
        # What gives the very number is likelier than what is rounded to it.
        kept.sort(key=lambda each: not math.isclose(each.number, self._given.value, rel_tol=1e-9))
        return self._result(NumberVerdict.WRONG, mistakes=tuple(kept[:MOST_TOLD]), is_about=is_about)

    def _result(
        self,
        verdict: NumberVerdict,
        why: Why = Why.NONE,
        *,
        mistakes: tuple[Mistake, ...] = (),
        is_about: bool = False,
        rounded: Rounded | None = None,
        power: int = 0,
        other: tuple[ValueRef, Index] | None = None,
    ) -> CheckedNumber:
        return CheckedNumber(
            self._ref, self._index, self._given, self._right, verdict, why, mistakes, is_about, rounded, power, other
        )


def _index(place: int, shape: tuple[int, ...]) -> Index:
    found = []
    for size in reversed(shape):
        place, own = divmod(place, size)
        found.append(own)
    return tuple(reversed(found))
