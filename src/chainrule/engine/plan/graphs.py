"""Calls that a GPU can replay by itself, captured as CUDA graphs: one launch in the place of one for each operation."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import groupby

import torch

from chainrule.engine.plan.tape import Call

# Before a capture, as torch asks for it: what libraries set up at their first calls is not to be captured.
WARM_UP = 3


def captured(calls: Sequence[Call], static: Set[Call], device: torch.device) -> tuple[Call, ...]:
    """Return the calls, with those of `static` that follow each other made one graph, where the device is a GPU.

    The calls are made some times on the way: what they compute from is to be loaded afterwards.
    """
    if device.type != "cuda":
        return tuple(calls)
    found: list[Call] = []
    for is_static, run in groupby(calls, key=lambda call: call in static):
        together = tuple(run)
        found += [_graph(together, device)] if is_static else together
    return tuple(found)


def _graph(calls: tuple[Call, ...], device: torch.device) -> Call:
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            _make(calls)
    torch.cuda.current_stream(device).wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _make(calls)
    replay: Call = graph.replay
    return replay


def _make(calls: tuple[Call, ...]) -> None:
    for call in calls:
        call()
