"""First values that a script sets: `torch.nn.init`, and the methods of a tensor that change it in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from chainrule.explain.code.reading.findings import NotUnderstoodError, words
from chainrule.explain.code.reading.numbers.arrays import guarded, unwrapped
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import ScriptArray

_DRAWN = words(
    """
    uniform_ normal_ trunc_normal_ xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_
    sparse_
    """
)
_SET = words(
    """
    constant_ ones_ zeros_ eye_
    """
)


def _data(value: object) -> torch.Tensor:
    if not isinstance(value, ScriptArray) or not isinstance(value.data, torch.Tensor):
        raise NotUnderstoodError("what it changes is not known")
    return value.data


def _initialize(name: str) -> Callable[[ScriptCall], object]:
    def initialize(call: ScriptCall) -> object:
        data = _data(call.get(0, "tensor"))
        args, named = unwrapped(call.args[1:]), {k: unwrapped_word(v) for k, v in call.named.items() if k != "tensor"}
        args = [unwrapped_word(each) for each in call.args[1:]]
        if name in _DRAWN:
            call.state.draw_from(call.line)
            named["generator"] = call.state.generator
        call.state.spend(data.numel())
        guarded(lambda: getattr(torch.nn.init, name)(data, *args, **named))
        if name in _DRAWN:
            call.state.note_drawn(call.get(0, "tensor"))
        return call.get(0, "tensor")

    return initialize


_WORDS = words(
    """
    fan_in fan_out linear sigmoid tanh relu leaky_relu selu
    """
)


def unwrapped_word(value: object) -> Any:
    """Return an argument of an initializer: a number, or one of torch's words."""
    return value if isinstance(value, str) and value in _WORDS else unwrapped(value)


def _gain(call: ScriptCall) -> object:
    args = [unwrapped_word(each) for each in call.args]
    return guarded(lambda: float(torch.nn.init.calculate_gain(*args)))


INITIAL_VALUES: dict[str, Callable[[ScriptCall], object]] = {
    **{name: _initialize(name) for name in (*_DRAWN, *_SET)},
    # Before torch had underscores.
    **{name.rstrip("_"): _initialize(name) for name in ("xavier_uniform_", "xavier_normal_", "uniform_", "normal_")},
    "calculate_gain": _gain,
}


def in_place(owner: ScriptArray, name: str, call: ScriptCall) -> bool:
    """Follow a method that changes a tensor in place; False where it is none."""
    if not isinstance(owner.data, torch.Tensor) or name not in _IN_PLACE:
        return False
    args, named = unwrapped(call.args), {key: unwrapped(value) for key, value in call.named.items()}
    if name in ("uniform_", "normal_"):
        call.state.draw_from(call.line)
        named["generator"] = call.state.generator
    call.state.spend(owner.data.numel())
    data = owner.data
    guarded(lambda: getattr(data, name)(*args, **named))
    return True


_IN_PLACE = words(
    """
    fill_ zero_ copy_ uniform_ normal_ mul_ add_ sub_ div_ clamp_ fill_diagonal_
    """
)
