"""The way that training takes through its parameters, and a formula's output around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.engine.trace import Trace
from chainrule.model.document import Document
from chainrule.model.timeline.downsampled_series import Floats, Positions
from chainrule.model.timeline.timeline import Timeline

# As many points of a path as are seen apart.
MOST_POINTS = 2000


@dataclass(frozen=True, slots=True)
class ParameterPath:
    """The iterations that are remembered, and the numbers that they began with, (n, numbers of the parameters)."""

    iterations: Positions
    points: Floats


def path(
    timeline: Timeline,
    document: Document,
    network: NetworkSpec,
    wanted: Sequence[ValueRef],
    last: int,
    most: int = MOST_POINTS,
) -> ParameterPath:
    """Return what some parameters of a network were from iteration 0 on, up to the one that `last` begins with.

    Of each part of training about `most` iterations, evenly; of one in which they were not all there, or of another
    shape, none: a slope that is learned comes and goes with an activation.
    """
    places, points, shapes = [], [], network.parameter_shapes()
    for index, segment in enumerate(document.segments):
        if segment.experiment.network is not network:
            others = segment.experiment.network.parameter_shapes()
            if any(others.get(ref) != shapes[ref] for ref in wanted):
                continue
        ends = [later.start for later in document.segments[index + 1 : index + 2]]
        # What an edit made of a state is where its own segment begins.
        until = min([last, *(end - 1 for end in ends)])
        if until >= segment.start:
            at, numbers = timeline.history(document, segment.start).path(wanted, until, most)
            places.append(at)
            points.append(numbers)
    return ParameterPath(np.concatenate(places), np.concatenate(points))


def output_over(program: Program, trace: Trace, grid: Mapping[ValueRef, Floats]) -> Floats:
    """Return the output of a formula over a grid of some of its parameters, which are broadcast; the others are as they
    are.

    Numbers that were set by hand in the iteration have no part in it: the formula itself is what is drawn.
    """
    first = next(iter(trace.values.values()))
    values = {
        **trace.values,
        **{ref: torch.from_numpy(numbers).to(first.device, first.dtype) for ref, numbers in grid.items()},
    }
    with torch.inference_mode():
        for step in program.steps[: program.index[program.loss] + 1]:
            values[step.writes] = step.compute(*(values[read] for read in step.reads))
    shape = np.broadcast_shapes(*(numbers.shape for numbers in grid.values()))
    return np.broadcast_to(values[program.loss].double().cpu().numpy(), shape)
