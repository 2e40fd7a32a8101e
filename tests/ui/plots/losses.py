"""The losses of a bench, and what its plot has drawn of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.ui.plots.conftest import LossBench

MakeLoss = Callable[..., LossBench]
STEPS = 17


def losses(bench: LossBench) -> list[float]:
    return bench.session.timeline.losses(bench.session.document, bench.session.horizon).rows()[:, 0].tolist()


def drawn(bench: LossBench) -> tuple[list[float], list[float]]:
    iterations, values = bench.view.chart.curve_data(0)
    return iterations.tolist(), values.tolist()
