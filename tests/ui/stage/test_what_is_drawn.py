"""What a person sees of the networks that the stage is made for, at every size of window and text, light and dark.

Recorded from the calls that draw it: no text is cut off, too small, over another text, or over a line that is not its
own; and the colour of every number is its sign's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values.step_kinds import Phase
from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.stage.view import StageView
from tests.experiments import article, dense, mazur, neuron, penalized, sgd
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench
from tests.ui.stage.recording import ALONG, Recorded, Text, record

WINDOWS = ((1280, 800), (1366, 768), (1920, 1080), (1024, 600))
SCALES = (1.0, 1.3, 1.5, 2.0)
LEAST_TEXT = 11
# Of lines, for what is between two pixels; and of letters, whose extents are of whole pixels.
NEAR = 0.75
PIXEL = 1.5
# What is between two texts in a line, at the least, at scale 1.
BETWEEN = 1.5


def classes(sizes: tuple[int, ...]) -> Experiment:
    """A network that tells classes apart."""
    experiment = dense(sizes, rows=6)
    targets = tuple((float(row % sizes[-1]),) for row in range(6))
    loss = Choice("CrossEntropyLoss", {"reduction": "mean", "label_smoothing": 0.0})
    return replace(experiment, loss=loss, data=replace(experiment.data, targets=targets))


def deep() -> Experiment:
    """Ten layers of four, with gradients that vanish."""
    experiment = dense((4,) * 11, rows=4)
    layers = tuple(replace(layer, activation=Choice("Sigmoid")) for layer in experiment.network.layers)
    return replace(experiment, network=replace(experiment.network, layers=layers))


def sloped() -> Experiment:
    """Neurons in a row, one of which learns its slope, by an optimizer that remembers."""
    experiment = dense((1, 1, 1, 1), rows=1, optimizer=complete(OPTIMIZERS, Choice("Adadelta", {}), "$"))
    first, second, last = experiment.network.layers
    slope = complete(ACTIVATIONS, Choice("PReLU", {}), "$")
    layers = first, replace(second, activation=slope), replace(last, activation=Choice("Tanh"))
    return replace(experiment, network=replace(experiment.network, layers=layers))


NETWORKS: dict[str, Callable[[], Experiment]] = {
    "2-2-1": article,
    "momentum": lambda: article(optimizer=sgd(0.1, 0.9)),
    "penalties": lambda: penalized(article(optimizer=sgd(0.1, 0.9))),
    "mazur": mazur,
    "2-4-3": lambda: classes((2, 4, 3)),
    "2-3-20": lambda: dense((2, 3, 20), rows=3),
    "20-3": lambda: dense((20, 3), rows=3),
    "ten layers": deep,
    "20-16-14-8": lambda: classes((20, 16, 14, 8)),
    "1-5": lambda: dense((1, 5), rows=3),
    "1-1-1-1": lambda: dense((1, 1, 1, 1), rows=1),
    "1-1-1-1 with a slope": sloped,
    "1-12-3-8-3": lambda: dense((1, 12, 3, 8, 3), rows=3),
    "784-128-10": lambda: dense((784, 128, 10), rows=2),
    "neuron": lambda: neuron("Sigmoid", (1.0,), (0.6,), 0.9, 0.0, 0.15),
}


@pytest.fixture(scope="module")
def rooms(qapp: QApplication) -> dict[tuple[tuple[int, int], float], QSizeF]:
    """How large the stage of a window is, at each size of window and text."""
    window, found = open_window(None), {}
    for scale in SCALES:
        window.appearance.set_scale(scale)
        for size in WINDOWS:
            window.resize(*size)
            QApplication.processEvents()
            stage = window.stage_panel.stage.parentWidget()
            found[size, scale] = QSizeF(stage.size())
    window.close()
    window.deleteLater()
    return found


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[[Experiment], ViewBench[StagePanel]]]:
    made: list[ViewBench[StagePanel]] = []

    def make_bench(experiment: Experiment) -> ViewBench[StagePanel]:
        made.append(stage_bench(experiment))
        return made[-1]

    yield make_bench
    for bench in made:
        bench.close()


def at_end_of(bench: ViewBench[StagePanel], phase: Phase) -> None:
    """Go to the last micro-step of a phase."""
    steps = bench.session.moment.steps
    bench.session.navigator.go_to(Cursor(0, 1 + max(place for place, step in enumerate(steps) if step.phase is phase)))


def is_number(text: Text) -> bool:
    return "Mono" in text.font.family() and text.text != "·" and "(" not in text.text


def complaints(stage: StageView, drawn: Recorded, scale: float) -> list[str]:
    """All that is wrong with where things were drawn, and how large."""
    layout = stage.stage_layout()
    return [
        *cut_off(drawn, QRectF(0, 0, layout.size.width(), layout.size.height())),
        *[f"{text.text!r} is small" for text in drawn.texts if text.font.pixelSize() < LEAST_TEXT * scale - 0.5],
        *on_each_other(drawn),
        *close_together(drawn, scale),
        *on_lines(stage, drawn),
    ]


def cut_off(drawn: Recorded, stage: QRectF) -> Iterator[str]:
    for text in drawn.texts:
        for name, limit in (("place", text.place), ("the stage", stage)):
            if not limit.adjusted(-PIXEL, -PIXEL, PIXEL, PIXEL).contains(text.ink):
                yield f"{text.text!r} is cut off at {name}: {text.ink.getCoords()} in {limit.getCoords()}"


def corners(rects: list[QRectF], inside: float) -> np.ndarray:
    """Left, top, right and bottom of rectangles, moved inwards."""
    found = [
        (rect.left() + inside, rect.top() + inside, rect.right() - inside, rect.bottom() - inside) for rect in rects
    ]
    return np.array(found).reshape(-1, 4)


def on_each_other(drawn: Recorded) -> Iterator[str]:
    texts = [text for text in drawn.texts if text.text != "·"]
    left, top, right, bottom = corners([text.ink for text in texts], PIXEL / 2).T
    meet = (left[:, None] < right) & (left < right[:, None]) & (top[:, None] < bottom) & (top < bottom[:, None])
    for one, other in np.argwhere(np.triu(meet, 1)):
        yield f"{texts[one].text!r} is on {texts[other].text!r}"


def close_together(drawn: Recorded, scale: float) -> Iterator[str]:
    """Texts side by side with so little between them that they read as one."""
    texts = [text for text in drawn.texts if text.text != "·"]
    left, top, right, bottom = corners([text.ink for text in texts], 0.0).T
    beside = (left[None, :] >= right[:, None]) & (left[None, :] < right[:, None] + BETWEEN * scale)
    same_line = (top[:, None] < bottom) & (top < bottom[:, None])
    for one, other in np.argwhere(beside & same_line):
        yield f"{texts[one].text!r} touches {texts[other].text!r}"


def on_lines(stage: StageView, drawn: Recorded) -> Iterator[str]:
    """Texts and labels on a line: only that line may be there whose weight the label names."""
    edges = [edge for edge in stage.stage_layout().whole.edges if edge.cells]
    labels = [edge.cells[0].rect.united(edge.cells[-1].rect) for edge in edges]
    own = [np.array(edge.path.pointAtPercent(0.5).toTuple()) for edge in edges]
    things = [(text.text, text.ink) for text in drawn.texts] + [("a label", label) for label in labels]
    left, top, right, bottom = corners([rect for _, rect in things], NEAR).T
    for line in drawn.lines:
        x, y = line.T[:, :, None]
        for place in np.flatnonzero(((left < x) & (x < right) & (top < y) & (y < bottom)).any(axis=0)):
            center = things[place][1].center()
            if not any(
                label.contains(center) and np.abs(line[ALONG // 2] - middle).max() < NEAR
                for label, middle in zip(labels, own, strict=True)
            ):
                yield f"{things[place][0]!r} is on a line that is not its own"


def is_its_sign(stage: StageView, text: Text) -> bool:
    theme = stage._appearance.theme
    if text.text in ("∞", "−∞", "NaN"):
        return text.color == theme.error
    digits = text.text.split("·")[0].strip("−0.")
    number = 0.0 if not digits else -1.0 if text.text.startswith("−") else 1.0
    return text.color in (theme.signed(number).name(), theme.dim(theme.signed(number)).name())


def wrong_colors(stage: StageView, drawn: Recorded) -> Iterator[str]:
    for text in drawn.texts:
        if is_number(text) and not is_its_sign(stage, text):
            yield f"{text.text} is {text.color}"


@pytest.mark.parametrize("network", NETWORKS)
def test_nothing_is_cut_off_small_on_another_or_of_the_wrong_colour(
    network: str,
    make: Callable[[Experiment], ViewBench[StagePanel]],
    rooms: dict[tuple[tuple[int, int], float], QSizeF],
) -> None:
    bench = make(NETWORKS[network]())
    stage, wrong = bench.view.stage, []
    for (window, scale), room in rooms.items():
        bench.appearance.set_scale(scale)
        stage.make_room(room)
        for phase in (Phase.FORWARD, Phase.BACKWARD, Phase.UPDATE):
            at_end_of(bench, phase)
            stage.make_room(room)
            assert stage.stage_layout().size == room, "it is not whole"
            where = f"{window}, text {scale}, {phase.value}: "
            drawn = record(stage)
            wrong += [where + complaint for complaint in complaints(stage, drawn, scale)]
            numbers = record(stage, numbers_only=True)
            wrong += [where + complaint for complaint in wrong_colors(stage, numbers)]
    assert wrong == []


@pytest.mark.parametrize("network", NETWORKS)
def test_in_dark_colours_too_blue_and_orange_are_signs(
    network: str, make: Callable[[Experiment], ViewBench[StagePanel]]
) -> None:
    bench = make(NETWORKS[network]())
    bench.appearance.set_scheme(Qt.ColorScheme.Dark)
    for phase in (Phase.FORWARD, Phase.BACKWARD, Phase.UPDATE):
        at_end_of(bench, phase)
        drawn = record(bench.view.stage, numbers_only=True)
        assert any(map(is_number, drawn.texts))
        assert list(wrong_colors(bench.view.stage, drawn)) == []
