"""An experiment whose plane is known, and the view of it on a bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.engine.machine.check import check_experiment
from chainrule.ui.warp.morph import STEPS
from chainrule.ui.warp.view import WarpView
from tests.experiments import parameters, sgd
from tests.ui.plots.view_bench import ViewBench

Bench = ViewBench[WarpView]
Make = Callable[..., Bench]
SIZE = (460, 480)
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
WEIGHT, BIAS = ((4.0, 3.5), (-3.5, -4.0)), (-2.0, 6.0)


def xor(**changes: object) -> Experiment:
    """XOR solved: the plane is bent so that a straight line parts the two corners that are alike from the others."""
    experiment = Experiment(
        network=NetworkSpec(2, (LayerSpec(2, Choice("Sigmoid")), LayerSpec(1, Choice("Sigmoid")))),
        data=DataSpec(CORNERS, ((0.0,), (1.0,), (1.0,), (0.0,)), test_size=0.25),
        parameters=parameters(
            {
                "layers.0.weight": WEIGHT,
                "layers.0.bias": BIAS,
                "layers.1.weight": ((8.0, 8.0),),
                "layers.1.bias": (-11.0,),
            }
        ),
        loss=Choice("BCELoss"),
        optimizer=sgd(0.0),
    )
    return check_experiment(replace(experiment, **changes))  # type: ignore[arg-type]


def z_of(x: tuple[float, float]) -> list[float]:
    return (torch.tensor(WEIGHT) @ torch.tensor(x) + torch.tensor(BIAS)).tolist()


def a_of(x: tuple[float, float]) -> list[float]:
    return torch.sigmoid(torch.tensor(z_of(x), dtype=torch.float64)).tolist()


def a_sum(places: np.ndarray) -> np.ndarray:
    return np.array([sum(a_of(place)) for place in places.tolist()])


def seen(bench: Bench) -> QImage:
    return bench.view.chart.grab().toImage()


def at(bench: Bench, place: tuple[float, float] | list[float]) -> QPoint:
    frame = bench.view.chart.frame
    assert frame is not None
    return frame.at(*place).toPoint()


def near(image: QImage, place: QPoint, color: QColor | str, reach: int = 2) -> bool:
    around = range(-reach, reach + 1)
    return any(image.pixelColor(place + QPoint(x, y)) == QColor(color) for x in around for y in around)


def go(bench: Bench, stage: float) -> None:
    bench.view.way.slider.setValue(round(stage * STEPS))
