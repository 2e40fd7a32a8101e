"""NumPy's functions of a script: arrays of literals, ranges, and draws of `numpy.random` under its seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from chainrule.explain.code.reading.findings import NotUnderstoodError
from chainrule.explain.code.reading.numbers.arrays import guarded, range_length, unwrapped
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import ScriptArray

# The methods of a generator that are taken, by how many numbers stand before the size.
_DRAWS = {"rand": None, "randn": None, "random": 0, "random_sample": 0, "uniform": 2, "normal": 2, "randint": 2}
_RANGES = {"linspace": "num", "arange": "step"}


def _plain(call: ScriptCall) -> tuple[list[Any], dict[str, Any]]:
    def plain(value: object) -> Any:
        found = unwrapped(value)
        return str(found).removeprefix("torch.") if isinstance(found, torch.dtype) else found

    args, named = [plain(value) for value in call.args], {k: plain(v) for k, v in call.named.items()}
    # Of Python's float NumPy makes the longer one.
    given = call.named.get("dtype")
    if getattr(given, "path", "") == "builtins.float":
        named["dtype"] = "float64"
    return args, named


def _of_literal(call: ScriptCall) -> ScriptArray:
    args, named = _plain(call)
    if args and isinstance(args[0], torch.Tensor):
        args[0] = args[0].numpy()
    array = guarded(lambda: np.array(*args, **named))
    if array.dtype == object:
        raise NotUnderstoodError("its rows are not of one length")
    call.state.spend(array.size)
    return ScriptArray(array)


def _shaped(name: str) -> Callable[[ScriptCall], ScriptArray]:
    def make(call: ScriptCall) -> ScriptArray:
        args, named = _plain(call)
        shape = named.get("shape", args[0] if args else ())
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        call.state.spend(math.prod(map(abs, sizes)))
        return ScriptArray(guarded(lambda: getattr(np, name)(*args, **named)))

    return make


def _ranged(name: str) -> Callable[[ScriptCall], ScriptArray]:
    def make(call: ScriptCall) -> ScriptArray:
        args, named = _plain(call)
        third = [named[key] for key in ("num", "step") if key in named]
        first = [*args, *third]
        count = guarded(lambda: (*first, 50)[2] if name == "linspace" else range_length(first))
        call.state.spend(max(0, int(count)))
        return ScriptArray(guarded(lambda: getattr(np, name)(*args, **named)))

    return make


def _draw(name: str) -> Callable[[ScriptCall], object]:
    def draw(call: ScriptCall) -> object:
        args, named = _plain(call)
        before = _DRAWS[name]
        size = named.get("size", args if before is None else args[before] if len(args) > before else ())
        sizes = (size,) if isinstance(size, int) else tuple(size or ())
        call.state.spend(math.prod(abs(each) for each in sizes))
        call.state.draw_from(call.line, numpy=True)
        found = guarded(lambda: getattr(call.state.numpy_random, name)(*args, **named))
        return ScriptArray(found) if isinstance(found, np.ndarray) else float(found)

    return draw


def _seed(call: ScriptCall) -> None:
    seed = call.get(0, "seed")
    if isinstance(seed, int) and 0 <= seed < 2**32:
        call.state.numpy_random = np.random.RandomState(seed)
        call.state.is_numpy_seeded = True


NUMPY_MAKERS: dict[str, Callable[[ScriptCall], object]] = {
    "numpy.array": _of_literal,
    "numpy.asarray": _of_literal,
    "numpy.zeros": _shaped("zeros"),
    "numpy.ones": _shaped("ones"),
    "numpy.full": _shaped("full"),
    **{f"numpy.{name}": _ranged(name) for name in _RANGES},
    **{f"numpy.random.{name}": _draw(name) for name in _DRAWS},
    "numpy.random.seed": _seed,
}
