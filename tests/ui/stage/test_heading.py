"""Above the stage nothing is cut and nothing overlaps, however long the title, large the text and narrow the card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.ui.stage.heading import StageHeading
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense, mazur, penalized
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench

Bench = ViewBench[StagePanel]
LONG = ("A title of one hundred and twenty letters: two inputs, two hidden neurons, " * 2)[:120]


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = stage_bench(article(title=LONG))
    made.show()
    with qtbot.waitExposed(made.view):
        pass
    yield made
    made.close()


def heading(bench: Bench) -> StageHeading:
    found = bench.view.findChild(StageHeading)
    assert isinstance(found, StageHeading)
    return found


def title(bench: Bench) -> QLabel:
    found = bench.view.findChild(QLabel, "stage.title")
    assert isinstance(found, QLabel)
    return found


def parts(bench: Bench) -> list[QWidget]:
    children = heading(bench).findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [child for child in children if child.isVisible()]


@pytest.mark.parametrize("width", [420, 560, 720, 1300])
@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0])
@pytest.mark.parametrize("position", [0, 5, 17])
def test_nothing_overlaps_and_nothing_is_cut(
    qtbot: QtBot, bench: Bench, width: int, scale: float, position: int
) -> None:
    bench.session.navigator.go_to(Cursor(0, position))
    bench.appearance.set_scale(scale)
    bench.view.resize(max(width, bench.view.minimumSizeHint().width()), 600)

    def is_well_arranged() -> bool:
        inside, shown = QRect(0, 0, heading(bench).width(), heading(bench).height()), parts(bench)
        whole = [part for part in shown if part is title(bench) or part.width() >= part.sizeHint().width()]
        places = [part.geometry() for part in shown]
        apart = not any(a.intersects(b) for a, b in combinations(places, 2))
        below = bench.view.canvas.y() >= heading(bench).geometry().bottom()
        enough = len(shown) >= 4 and is_said_by_a_tip_where_it_is_not_shown(bench)
        return len(whole) == len(shown) and enough and apart and below and all(map(inside.contains, places))

    # What needs another room now says so by events.
    qtbot.waitUntil(is_well_arranged)


def is_said_by_a_tip_where_it_is_not_shown(bench: Bench) -> bool:
    wanted = [swatch for swatch in bench.view._legend.swatches if swatch._name not in ("set by hand", "lesson")]
    tip = heading(bench).toolTip()
    return all(swatch.isVisible() != (f"{swatch._name}: " in tip) for swatch in wanted)


def test_the_legend_takes_no_line_from_the_network(qtbot: QtBot, bench: Bench) -> None:
    def names() -> list[str]:
        return [swatch._name for swatch in bench.view._legend.swatches if swatch.isVisible()]

    bench.view.resize(1200, 600)
    qtbot.waitUntil(lambda: len(names()) == 5)
    high = heading(bench).height()
    assert heading(bench).toolTip() == ""
    # Signs are seen without words; whose a number is, and what the micro-step does, is not.
    bench.view.resize(560, 600)
    qtbot.waitUntil(lambda: names() == ["read", "written", "batch"])
    assert heading(bench).height() == high
    assert "negative: Numbers and weights below 0" in heading(bench).toolTip()
    bench.view.resize(1200, 600)
    qtbot.waitUntil(lambda: len(names()) == 5)


def test_a_long_title_ends_with_an_ellipsis_and_is_whole_in_its_tip(bench: Bench) -> None:
    assert len(LONG) == 120
    shown = title(bench).text()
    assert shown.endswith("…")
    assert LONG.startswith(shown[:-1])
    assert title(bench).fontMetrics().horizontalAdvance(shown) <= title(bench).width()
    assert title(bench).toolTip() == title(bench).accessibleName() == LONG
    bench.view.resize(2400, 500)
    assert (title(bench).text(), title(bench).toolTip()) == (LONG, "")


@pytest.mark.parametrize("screen", [(1280, 800), (1366, 768)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_title_of_an_iteration_is_whole_on_a_laptop(window: MainWindow, screen: tuple[int, int]) -> None:
    """Which part of a gradient a step computes was behind an ellipsis, beside how many steps there are."""
    window.resize(*screen)
    window.session.file.open(replace(penalized(article()), optimizer=Choice("NAdam", {"lr": 0.01})), None)
    window.session.file.mark_saved(None)
    label = window.findChild(QLabel, "stage.title")
    assert label is not None
    heights, stretches = set(), set()
    for position in range(1, len(window.session.moment.steps) + 1):
        window.session.navigator.go_to(Cursor(0, position))
        QApplication.processEvents()
        assert label.text() == label.accessibleName()
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
        heights.add(window.stage_panel.canvas.y())
        stretches.add(label.font().stretch())
    # Nothing below it moves, and most need no narrow letters.
    assert len(heights) == 1
    assert 100 in stretches


def test_the_legend_says_what_is_on_the_stage(bench: Bench) -> None:
    def names() -> list[str]:
        return [swatch._name for swatch in bench.view._legend.swatches if swatch.isVisible()]

    bench.view.resize(1200, 600)
    assert names() == ["read", "written", "positive", "negative", "batch"]
    bench.session.navigator.go_to(Cursor(0, 4))
    bench.session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 2.0)
    assert names() == ["read", "written", "positive", "negative", "batch", "set by hand"]
    bench.session.file.open(mazur(), None)
    assert names() == ["read", "written", "positive", "negative"]


def row_colors(bench: Bench, ref: refs.ValueRef, index: tuple[int, ...]) -> set[str]:
    """The ground of a number's row, at both ends of its neuron's card."""
    stage = bench.view.stage
    rect = stage.rect_of(ref, index)
    assert rect is not None
    node = next(node for node in stage.stage_layout().whole.nodes if node.rect.contains(rect))
    image, y = stage.grab().toImage(), round(rect.center().y())
    return {image.pixelColor(round(x), y).name() for x in (node.rect.left() + 4, node.rect.right() - 4)}


def test_what_is_of_the_batch_has_a_ground_of_its_own(bench: Bench) -> None:
    theme = bench.appearance.theme
    bench.view.resize(1200, 600)
    bench.session.navigator.go_to(Cursor(0, 4))
    assert row_colors(bench, refs.bias(0), (1,)) == {theme.field}
    assert row_colors(bench, refs.pre_activation(0), (0, 1)) == {theme.surface}
    # Of one sample all is of the batch, and of it.
    bench.session.file.open(mazur(), None)
    bench.session.navigator.go_to(Cursor(0, 1))
    assert row_colors(bench, refs.bias(0), (1,)) == {theme.surface}


def test_tips_say_whose_a_number_is(bench: Bench) -> None:
    stage = bench.view.stage
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
    assert "Of sample 1" in stage.tooltip(refs.pre_activation(0), (0, 1)).split("\n")
    assert "Of the whole batch of 2 samples" in stage.tooltip(refs.grad(refs.bias(0)), (1,)).split("\n")
    many = dense((2, 3, 1), 200)
    bench.session.file.open(replace(many, data=replace(many.data, batch_size=64)), None)
    bench.session.navigator.go_to(Cursor(2, 4))
    bench.session.selector.show_sample(1)
    assert "Of sample 130" in stage.tooltip(refs.activation(0), (1, 2)).split("\n")
    assert "Of the whole batch of 64 samples" in stage.tooltip(refs.weight(0), (1, 0)).split("\n")
    bench.session.file.open(mazur(), None)
    bench.session.navigator.go_to(Cursor(0, 4))
    assert "Of " not in stage.tooltip(refs.weight(0), (1, 0))


def test_after_an_update_the_old_value_and_the_new_one_are_shown(bench: Bench) -> None:
    """In two rows of the card, and in the tip of both."""
    bench.view.resize(1200, 600)
    bias, stage = refs.bias(0), bench.view.stage
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
    old, new = stage.rect_of(bias, (1,)), stage.rect_of(refs.next_value(bias), (1,))
    assert old is not None
    assert new is not None
    assert (new.left(), new.top()) == (old.left(), pytest.approx(old.bottom()))
    labels = {cell.slots[0].ref: cell.slots[0].label for cell in stage.stage_layout().whole.cells()}
    assert (labels[bias], labels[refs.next_value(bias)]) == ("b", "→")
    for ref in (bias, refs.next_value(bias)):
        assert "This update: 0 → −0.02496" in stage.tooltip(ref, (1,)).split("\n")
    assert "This update: 0.5000 → 0.5379" in stage.tooltip(refs.weight(1), (0, 0)).split("\n")
    bench.session.navigator.go_to(Cursor(0, 4))
    assert "This update" not in stage.tooltip(bias, (1,))
