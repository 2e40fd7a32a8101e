"""The lines of a plane in words: how many are not written out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec
from chainrule.model.curves.readings import Kind, OutputReading
from chainrule.model.warp.lines import PlaneLine
from chainrule.model.warp.plane import WarpStage
from chainrule.ui.warp.words import lines_in_words
from tests.ui.warp.planes import xor


@pytest.mark.parametrize(("count", "said"), [(2, ""), (3, "; 1 more line."), (4, "; 2 more lines.")])
def test_the_lines_that_are_left_are_counted(count: int, said: str) -> None:
    layers = (LayerSpec(2, Choice("ReLU")), LayerSpec(count, Choice("ReLU")), LayerSpec(1, Choice("Sigmoid")))
    experiment = replace(xor(), network=NetworkSpec(2, layers))
    lines = tuple(PlaneLine(1.0, 1.0, 0.5, unit, None, ((0.0, 0.5), (0.5, 0.0))) for unit in range(count))
    stage = WarpStage(0, (0, 1))
    found = lines_in_words(experiment, stage, lines, (OutputReading(Kind.OUTPUT, 0), 0.5), 0)
    assert found.endswith(said or ".")
    assert ("more" in found) == bool(said)
