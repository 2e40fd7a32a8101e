"""The tensors that calls work on: what a plan holds is counted by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from torch import Tensor

from chainrule.engine.plan.tape import Call, Copied


def tensors_in(calls: Iterable[Call]) -> Iterator[Tensor]:
    """Yield the tensors that calls read and write; those that are looked up at each call are the plan's values."""
    for call in calls:
        if isinstance(call, partial):
            owner = getattr(call.func, "__self__", None)
            yield from _tensors((owner, call.args, tuple(call.keywords.values())))
        elif isinstance(call, Copied):
            yield from _tensors((call.arguments, tuple(call.keywords.values()), tuple(out for _, out in call.outs)))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
