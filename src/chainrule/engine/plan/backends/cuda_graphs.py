"""CUDA graphs: calls that a GPU replays by itself, one launch in the place of one for each operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

import torch

from chainrule.engine.plan.backends.backend import Backend, Iteration, Runner
from chainrule.engine.plan.backends.replayed import ReplayedRunner
from chainrule.engine.plan.calls import BoundCall, works_on_fixed_tensors
from chainrule.engine.plan.torch_private import can_record

# Before a capture, as torch asks for it: what libraries set up at their first calls is not to be captured.
WARM_UP = 3


class CudaGraphs(Backend):
    """The calls on fixed tensors that follow each other as one graph, all others by themselves."""

    name = "CUDA graphs"

    def is_available(self, device: torch.device) -> bool:
        """Return whether the device is a GPU of CUDA's."""
        return device.type == "cuda" and can_record()

    def runner(self, iteration: Iteration) -> Runner:
        """Return what replays the graphs; each call is made some times on the way."""
        recorded = iteration.recorded
        return ReplayedRunner(recorded, partial(_captured, device=recorded.kept.device))


def _captured(calls: Sequence[BoundCall], device: torch.device) -> Iterator[BoundCall]:
    for is_fixed, run in groupby(calls, key=works_on_fixed_tensors):
        if is_fixed:
            yield _graph(tuple(run), device)
        else:
            yield from run


def _graph(calls: tuple[BoundCall, ...], device: torch.device) -> BoundCall:
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            _make(calls)
    torch.cuda.current_stream(device).wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        _make(calls)
    replay: BoundCall = graph.replay
    return replay


def _make(calls: Iterable[BoundCall]) -> None:
    for call in calls:
        call()
