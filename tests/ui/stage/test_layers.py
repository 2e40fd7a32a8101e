"""The stage in layers: what stays is kept from one paint to the next, and nothing that it shows is stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from chainrule.ui.stage.painting.layers import digits_in_run
from chainrule.ui.stage.painting.painting import StagePainter
from chainrule.ui.stage.panel import StagePanel
from tests.experiments import article, dense
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench

Bench = ViewBench[StagePanel]
Make = Callable[[Experiment], Bench]
# What lies on a transparent picture is rounded twice on its way to the screen.
ROUNDING = 2


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Bench] = []

    def make_bench(experiment: Experiment) -> Bench:
        bench = stage_bench(experiment)
        made.append(bench)
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return found[:, : 4 * image.width()].astype(int)


def painted(bench: Bench) -> np.ndarray:
    return pixels(bench.view.stage.grab().toImage())


def painted_anew(bench: Bench) -> np.ndarray:
    """The same with nothing kept."""
    stage = bench.view.stage
    image = stage.grab().toImage()
    image.fill(bench.appearance.theme.surface)
    painter = QPainter(image)
    layout = stage.stage_layout()
    new = StagePainter(painter, bench.session.moment, layout.whole, layout.scale, bench.appearance, stage._images)
    places = new.places()
    new.paint_moving(places)
    new.paint_still(places)
    new.paint_numbers(places)
    stage._paint_close_ups(painter, QRectF(stage.rect()))
    painter.end()
    return pixels(image)


def is_up_to_date(bench: Bench) -> bool:
    return int(np.abs(painted(bench) - painted_anew(bench)).max()) <= ROUNDING


@pytest.mark.parametrize("sizes", [(2, 2, 1), (2, 4, 2, 1), (3, 12, 2), (20, 40, 3)])
def test_a_run_draws_what_a_stage_of_its_own_would_draw(make: Make, sizes: tuple[int, ...]) -> None:
    bench = make(dense(sizes, 4))
    for iterations in (1, 2, 3, 9):
        bench.train(iterations)
        assert is_up_to_date(bench)


def test_what_stays_is_drawn_once(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, drawn = make(article()), []
    still = StagePainter.paint_still
    monkeypatch.setattr(StagePainter, "paint_still", lambda *given: drawn.append(1) or still(*given))
    for iterations in range(1, 12):
        bench.train(iterations)
        painted(bench)
    # At once where it is new, and once more to be kept.
    assert len(drawn) == 2


def test_digits_that_nobody_can_read_are_kept_until_they_are_due(make: Make) -> None:
    bench = make(dense((2, 4, 2, 1), 4))
    stage = bench.view.stage
    bench.train(1)
    painted(bench)
    for due in (True, False, False, True, False):
        stage.show_digits(digits_in_run(True, due=due))
        before = painted(bench)
        bench.train(bench.session.cursor.iteration + 40)
        after = painted(bench)
        cell = stage.rect_of(refs.weight(0), (0, 0)).toAlignedRect()
        digits = np.s_[cell.top() : cell.bottom(), cell.left() * 4 : cell.right() * 4]
        assert np.array_equal(before[digits], after[digits]) is not due
        # Edges are watched, not read.
        assert not np.array_equal(before, after)
    stage.show_digits(digits_in_run(False, due=True))
    assert is_up_to_date(bench)


def test_kept_edges_look_as_they_would_be_drawn(make: Make) -> None:
    bench = make(dense((2, 4, 2, 1), 4))
    stage = bench.view.stage
    bench.train(1)
    painted(bench)
    stage.show_digits(digits_in_run(True, due=True))
    painted(bench)
    stage.show_digits(digits_in_run(True, due=False))
    layout = stage.stage_layout()
    digits = [cell.rect for cell in layout.whole.cells()] + [
        each.rect for each in stage._close_ups_in(QRectF(stage.rect()))
    ]
    for iterations in range(2, 60):
        bench.train(iterations)
        away = np.abs(painted(bench) - painted_anew(bench))
        for rect in digits:
            at = rect.toAlignedRect().adjusted(-2, -2, 2, 2)
            away[max(0, at.top()) : at.bottom(), max(0, at.left()) * 4 : at.right() * 4] = 0
        # A sixteenth of a pixel of what is half as strong as the text.
        assert away.max() <= 255 / 16 / 2 + ROUNDING


def test_edges_are_drawn_once_as_long_as_they_look_the_same(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = dense((2, 4, 2, 1), 4)
    slow = replace(slow, optimizer=Choice("SGD", {"lr": 1e-7}))
    bench, drawn = make(slow), []
    moving = StagePainter.paint_moving
    monkeypatch.setattr(StagePainter, "paint_moving", lambda *given: drawn.append(1) or moving(*given))
    stage = bench.view.stage
    for iterations in (1, 2):
        bench.train(iterations)
        painted(bench)
    stage.show_digits(digits_in_run(True, due=False))
    drawn.clear()
    for iterations in range(3, 12):
        bench.train(iterations)
        painted(bench)
    assert len(drawn) == 1
    # Whoever stops sees those of the iteration.
    stage.show_digits(digits_in_run(False, due=True))
    assert is_up_to_date(bench)
    assert len(drawn) > 2


CHANGES: dict[str, Callable[[Bench], object]] = {
    "step": lambda bench: bench.session.navigator.go_to(Cursor(5, 3)),
    "selection": lambda bench: bench.session.selector.select(refs.weight(0), (1, 0)),
    "sample": lambda bench: bench.session.selector.show_sample(1),
    "digits": lambda bench: bench.session.selector.set_digits(2),
    "by hand": lambda bench: bench.session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 7.0),
    "activation": lambda bench: bench.session.editor.edit("", edits.set_activation(0, Choice("Tanh"))),
    "network": lambda bench: bench.session.editor.edit(
        "", shape_edits.set_units(0, 3, bench.session.editor.initial_values), restart=True
    ),
    "theme": lambda bench: bench.appearance.set_scheme(Qt.ColorScheme.Dark),
    "text size": lambda bench: bench.appearance.zoom(2),
    "size": lambda bench: bench.view.resize(900, 500),
    "document": lambda bench: bench.session.file.open(dense((2, 2, 1), 3), None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_leaves_the_old_picture(make: Make, change: str) -> None:
    bench = make(article())
    for iterations in (6, 7):
        bench.train(iterations)
        painted(bench)
    CHANGES[change](bench)
    for _ in range(2):
        assert is_up_to_date(bench)
