"""Which number of a calculation a student means by a name: `w1`, `z_1`, `delta`, `dL/dw_12^(1)`, or a ref."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from itertools import product

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.explain.names.notation import Notation
from chainrule.lessons.calculation import Calculation, Index

NamedNumber = tuple[ValueRef, Index]
# Of larger values single numbers go by refs alone.
MOST_NUMBERS = 400
_REF = re.compile(r"([A-Za-z_][\w.]*)\s*\[([\d\s,]*)\]")
_PLACE = re.compile(r"\s*(\d{0,9})\s*")
_SAMPLE = re.compile(r"[,(\s]*(?:of\s+)?sample\s*(\d{1,9})\)?$")
_LAYER = re.compile(r"\^?\((\d{1,9})\)|\^\{?\(?(\d{1,9})\)?\}?|\(layer (\d{1,9})\)|\s*of layer (\d{1,9})")
_GREEK = {"δ": "delta", "η": "eta", "∂": "d", "λ": "lambda", "μ": "mu", "β": "beta", "Δ": "update"}
_OTHER = {"loss": "l", "o": "yhat", "out": "yhat", "output": "yhat", "y_hat": "yhat", "ypred": "yhat"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")


class UnknownNameError(ValueError):
    """No number goes by a name, or several do; the text says so."""


class HandNames:
    """The names of a calculation's numbers, as people type them."""

    def __init__(self, calculation: Calculation, sample: int = 0) -> None:
        """`sample` is the row of the batch that names without one are of."""
        self._calculation, self._sample = calculation, sample
        self._notation = Notation.of(calculation.experiment)
        self._found: Mapping[str, list[tuple[int | None, NamedNumber]]] = self._all()

    def place(self, text: str) -> NamedNumber:
        """Return the number that a name is of; an `UnknownNameError` says why it is of none."""
        written = text.strip()
        as_ref = _REF.fullmatch(written)
        if as_ref:
            return self._by_ref(written, ValueRef(as_ref[1]), as_ref[2])
        if self._calculation.has(ValueRef(written), ()):
            return ValueRef(written), ()
        sample = self._sample
        if of_sample := _SAMPLE.search(written):
            sample, written = int(of_sample[1]) - 1, written[: of_sample.start()]
        name, layer = _plain(written)
        found = [(own, place) for own, place in self._found.get(_OTHER.get(name, name), []) if layer in (None, own)]
        if not found:
            raise UnknownNameError(f"{text.strip()} is the name of no number here")
        if len(found) > 1:
            names = " or ".join(self._notation.text(*place) for _, place in found[:3])
            raise UnknownNameError(f"{text.strip()} can be {names}: say which layer, as in {found[0][1][0]}")
        return self._in_sample(text, found[0][1], sample)

    def _by_ref(self, text: str, ref: ValueRef, places: str) -> NamedNumber:
        found = [_PLACE.fullmatch(place) for place in places.split(",")]
        index = tuple(int(place[1]) for place in found if place is not None and place[1])
        if not all(found) or not self._calculation.has(ref, index):
            raise UnknownNameError(f"{text} is no number of this iteration")
        return ref, index

    def _in_sample(self, text: str, place: NamedNumber, sample: int) -> NamedNumber:
        ref, index = place
        if not self._notation.value(ref).per_sample:
            return place
        rows = len(self._calculation.values[ref])
        if not 0 <= sample < rows:
            raise UnknownNameError(f"{text.strip()}: there {'is' if rows == 1 else 'are'} {rows} in the batch")
        return ref, (sample, *index[1:])

    def _all(self) -> Mapping[str, list[tuple[int | None, NamedNumber]]]:
        found: dict[str, list[tuple[int | None, NamedNumber]]] = {}
        for ref, tensor in self._calculation.values.items():
            value = self._calculation.described.get(ref)
            if value is None or value.role in (Role.SCHEDULER, Role.ITERATION):
                continue
            shape = (1, *tensor.shape[1:]) if value.per_sample else tuple(tensor.shape)
            if math.prod(shape) > MOST_NUMBERS:
                continue
            for index in product(*map(range, shape)):
                name, layer = _plain(self._notation.text(ref, index))
                own = layer if layer is not None or value.layer is None else value.layer + 1
                known = found.setdefault(name, [])
                known.append((own, (ref, index)))
        return found


def _plain(text: str) -> tuple[str, int | None]:
    """Return a name in plain letters and digits, and the number of its layer where that is said."""
    written = text.strip().translate(_SUPERSCRIPTS)
    written = written.replace("ŷ", "yhat")
    for sign, letters in _GREEK.items():
        written = written.replace(sign, letters)
    layer = None
    if found := _LAYER.search(written):
        layer = int(next(group for group in found.groups() if group))
        written = written[: found.start()] + written[found.end() :]
    written = unicodedata.normalize("NFKC", written).lower()
    is_new = bool(re.search(r"\bnew\b|(?<![a-z])new|_new|\+$", written))
    written = re.sub(r"new|\+$", "", written)
    plain = re.sub(r"[\s_{}()^,*]", "", written)
    return ("new" if is_new else "") + plain, layer
