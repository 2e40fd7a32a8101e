"""The timeline: its marks and labels, scrubbing, and the slider over the iterations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.style.appearance import DARK, LIGHT
from chainrule.ui.timeline import layout as timeline_layout
from chainrule.ui.timeline.bar import TimelineBar
from chainrule.ui.timeline.layout import LABEL_GAP, labels_that_fit, lay_out_marks, position_at, with_label_of
from tests.experiments import article, dense, sgd
from tests.ui.plots.view_bench import ViewBench
from tests.ui.style.test_contrast_seen import caught

STEPS = 17
MakeBench = Callable[..., ViewBench[TimelineBar]]


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[MakeBench]:
    made: list[ViewBench[TimelineBar]] = []

    def make(experiment: Experiment, *, width: int = 1260, ready: bool = True) -> ViewBench[TimelineBar]:
        bench = ViewBench(TimelineBar, experiment, (width, 68), ready=ready)
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> ViewBench[TimelineBar]:
    return make_bench(article())


def middle(bar: TimelineBar, index: int) -> QPoint:
    return bar.mark_rect(index).center().toPoint()


def slider_point(bar: TimelineBar, value: int) -> QPoint:
    return QPoint(round(bar.slider.x_of(value)), bar.slider.height() // 2)


def move_mouse(qtbot: QtBot, bar: TimelineBar, point: QPoint) -> None:
    qtbot.mouseMove(bar, point + QPoint(1, 0))
    qtbot.mouseMove(bar, point)


# Marks


def test_a_click_on_a_mark_goes_to_the_end_of_that_micro_step(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    with qtbot.waitSignals([bench.view.about_to_move, bench.session.signals.cursor_moved], order="strict"):
        qtbot.mouseClick(bench.view, Qt.MouseButton.LeftButton, pos=middle(bench.view, 11))

    assert bench.session.cursor == Cursor(0, 12)


def test_dragging_scrubs_both_ways_and_to_the_start(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    visited: list[int] = []
    bench.session.signals.cursor_moved.connect(lambda: visited.append(bench.session.cursor.position))

    qtbot.mousePress(bench.view, Qt.MouseButton.LeftButton, pos=middle(bench.view, 8))
    for index in (9, 10, 4):
        qtbot.mouseMove(bench.view, middle(bench.view, index))
    qtbot.mouseMove(bench.view, QPoint(2, 30))
    qtbot.mouseRelease(bench.view, Qt.MouseButton.LeftButton)
    qtbot.mouseMove(bench.view, middle(bench.view, 12))

    assert visited == [9, 10, 11, 5, 0]


def test_a_press_on_what_is_already_shown_moves_nothing(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    bench.session.navigator.go_to(Cursor(0, 3))

    with qtbot.assertNotEmitted(bench.view.about_to_move), qtbot.assertNotEmitted(bench.session.signals.cursor_moved):
        qtbot.mouseClick(bench.view, Qt.MouseButton.LeftButton, pos=middle(bench.view, 2))


def test_home_and_end_stay_within_the_iteration(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    bench.train(3)
    qtbot.keyClick(bench.view, Qt.Key.Key_Home)
    assert bench.session.cursor == Cursor(2, 0)

    qtbot.keyClick(bench.view, Qt.Key.Key_End)
    assert bench.session.cursor == Cursor(2, STEPS)


def test_the_arrow_keys_are_left_to_the_window(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    with qtbot.assertNotEmitted(bench.session.signals.cursor_moved):
        qtbot.keyClick(bench.view, Qt.Key.Key_Right)


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_a_tooltip_says_what_a_micro_step_does(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    point = middle(bench.view, 11)
    QApplication.sendEvent(bench.view, QHelpEvent(QEvent.Type.ToolTip, point, bench.view.mapToGlobal(point)))

    assert QToolTip.text() == "Backward · layer 1 · gradient of the weights\nmicro-step 12 of 17"


def test_it_tells_where_the_cursor_is_to_those_who_hear_it(bench: ViewBench[TimelineBar]) -> None:
    assert bench.view.accessibleDescription() == "Iteration 0, micro-step 0 of 17: the iteration begins"

    bench.session.navigator.go_to(Cursor(0, 12))

    expected = "Iteration 0, micro-step 12 of 17: Backward · layer 1 · gradient of the weights"
    assert bench.view.accessibleDescription() == expected
    assert bench.view.slider.accessibleDescription() == "Iteration 0, epoch 0, 1 computed"


# The iterations


def test_the_slider_jumps_to_the_end_of_an_iteration(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    bench.train(500)
    slider = bench.view.slider
    assert (slider.value(), slider.maximum()) == (500, 500)

    with qtbot.waitSignals([bench.view.about_to_move, bench.session.signals.cursor_moved], order="strict"):
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider_point(bench.view, 250))

    assert bench.session.cursor.position == STEPS
    assert abs(bench.session.cursor.iteration - 249) <= 2
    assert slider.value() == bench.session.cursor.iteration + 1


def test_the_slider_reaches_both_ends(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    bench.train(20)
    slider = bench.view.slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=slider_point(bench.view, 10))
    qtbot.mouseMove(slider, QPoint(0, 8))
    assert bench.session.cursor == Cursor(0, 0)

    qtbot.mouseMove(slider, QPoint(slider.width(), 8))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert bench.session.cursor == Cursor(19, STEPS)


def test_the_slider_follows_without_moving_anything(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    slider = bench.view.slider
    assert not slider.isEnabled()

    with qtbot.assertNotEmitted(bench.view.about_to_move):
        bench.session.navigator.go_to(Cursor(0, 8))
        assert (slider.value(), slider.maximum(), slider.isEnabled()) == (0, 1, True)
        bench.session.navigator.go_to(Cursor(0, STEPS))
        assert (slider.value(), slider.maximum()) == (1, 1)
        bench.session.navigator.go_to(Cursor(1, 2))
        assert (slider.value(), slider.maximum()) == (1, 1)


def test_a_run_paints_the_iterations_and_no_mark(
    qtbot: QtBot, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted, paint = [], TimelineBar.paintEvent

    def note(bar: TimelineBar, event: QPaintEvent) -> None:
        painted.append(event.rect())
        paint(bar, event)

    monkeypatch.setattr(TimelineBar, "paintEvent", note)
    bench = make_bench(article())
    with qtbot.waitExposed(bench.view):
        pass
    for iterations in (1, 2, 3, 50):
        bench.train(iterations)
        QApplication.processEvents()
        painted.clear()
        bench.train(iterations + 1)
        QApplication.processEvents()
        assert painted
        assert all(rect.left() > bench.view.mark_rect(STEPS - 1).right() + 4 for rect in painted)
    painted.clear()
    bench.session.navigator.go_to(Cursor(50, 3))
    QApplication.processEvents()
    assert any(rect.left() == 0 for rect in painted)


def test_the_epoch_counts_passes_over_the_data(make_bench: MakeBench) -> None:
    experiment = dense((2, 3, 1), rows=6)
    bench = make_bench(
        dense(
            (2, 3, 1), rows=6, data=type(experiment.data)(experiment.data.inputs, experiment.data.targets, batch_size=2)
        )
    )
    bench.train(8)

    assert bench.view.slider.accessibleDescription() == "Iteration 7, epoch 2, batch 2 of 3, 8 computed"


# Before the engine


def test_before_the_engine_there_are_marks_but_nothing_to_press(qtbot: QtBot, make_bench: MakeBench) -> None:
    bench = make_bench(article(), ready=False)
    assert bench.view.label_rects() == {}

    with qtbot.assertNotEmitted(bench.view.about_to_move):
        qtbot.mouseClick(bench.view, Qt.MouseButton.LeftButton, pos=middle(bench.view, 3))
        qtbot.keyClick(bench.view, Qt.Key.Key_End)
    assert not bench.view.grab().isNull()

    assert bench.session.timeline is not None
    assert len(bench.view.label_rects()) == STEPS


# Labels and headings


@pytest.mark.parametrize("scale", [0, 3, 6])
@pytest.mark.parametrize("width", [560, 1260, 1900])
@pytest.mark.parametrize("layers", [1, 2, 7, 20, 60])
def test_labels_do_not_overlap_and_the_current_one_is_shown(
    make_bench: MakeBench, layers: int, width: int, scale: int
) -> None:
    bench = make_bench(dense((2,) * (layers + 1), rows=2, optimizer=sgd(0.01, 0.9)), width=width)
    for _ in range(scale):
        bench.appearance.zoom(1)
    count = len(bench.session.moment.steps)
    for position in (0, 1, count // 3, count // 2, count):
        bench.session.navigator.go_to(Cursor(0, position))
        rects = bench.view.label_rects()
        assert all(before.right() < after.left() for before, after in pairwise(rects.values()))
        assert all(rect.left() >= 0 and rect.right() <= bench.view.slider.x() for rect in rects.values())
        assert position == 0 or position - 1 in rects


def test_all_labels_are_shown_where_there_is_room(bench: ViewBench[TimelineBar]) -> None:
    assert sorted(bench.view.label_rects()) == list(range(STEPS))


PHASE_COUNTS = st.tuples(st.integers(1, 300), st.just(1), st.integers(0, 600), st.integers(0, 600))


@given(counts=PHASE_COUNTS, width=st.floats(300, 2000))
def test_groups_hold_their_headings_and_every_mark_is_reached(counts: tuple[int, ...], width: float) -> None:
    phases = [name for name, n in zip(timeline_layout.PHASES, counts, strict=True) for _ in range(n)]
    least = dict.fromkeys(timeline_layout.PHASES, 50.0)

    groups = lay_out_marks(phases, least, 14.0, width, 18.0)

    assert [phase for group in groups for phase in [group.phase] * group.count] == phases
    assert all(group.width >= 50.0 - 1e-9 for group in groups)
    assert all(after.left - before.right == pytest.approx(18.0) for before, after in pairwise(groups))
    assert groups[-1].right == pytest.approx(14.0 + width)
    if groups[0].pitch > timeline_layout.NARROWEST:
        centers = timeline_layout.centers(groups)
        assert [position_at(groups, x) for x in centers[: groups[0].count]] == list(range(1, groups[0].count + 1))
    assert position_at(groups, 13.0) == 0
    assert position_at(groups, 5000.0) == len(phases)


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(1, 60), st.integers(0, 3)), min_size=1, max_size=80), st.data())
def test_labels_that_fit_never_overlap(labels: list[tuple[float, float, int]], data: st.DataObject) -> None:
    lefts, at = [], 0.0
    for space, _, _ in labels:
        at += space
        lefts.append(at)
    widths = [width for _, width, _ in labels]
    current = data.draw(st.integers(0, len(labels) - 1))

    leaders = [place for place, (_, _, key) in enumerate(labels) if key == 0]
    shown = labels_that_fit(lefts, widths, leaders)

    def overlap(places: Iterable[int]) -> bool:
        return any(lefts[i] + widths[i] + LABEL_GAP > lefts[j] for i, j in pairwise(sorted(places)))

    assert not overlap(shown)
    # There is room for none of the others.
    assert all(overlap((*shown, place)) for place in range(len(labels)) if place not in shown)
    with_current = with_label_of(current, shown, lefts, widths)
    assert current in with_current
    assert list(with_current) == sorted(with_current)
    assert not overlap(with_current)


def test_where_not_all_labels_fit_each_parameter_has_one_at_its_new_value(make_bench: MakeBench) -> None:
    bench = make_bench(article(optimizer=Choice("Adam", {"lr": 0.01})))
    steps = bench.session.moment.steps
    assert len(steps) > 40
    shown = set(bench.view.label_rects())
    assert {place for place, step in enumerate(steps) if step.kind.value == "parameter_update"} <= shown
    # And others between them: three in four fit here.
    assert len(steps) > len(shown) > 0.6 * len(steps)
    gaps = [after - before for before, after in pairwise(sorted(shown))]
    assert max(gaps) <= 3


def test_the_label_of_the_cursor_takes_the_room_of_others(make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 3, 3, 3, 1), 3, optimizer=sgd(0.1, 0.9)), width=760)
    usual = set(bench.view.label_rects())
    (hidden, *_) = set(range(len(bench.session.moment.steps))) - usual
    bench.session.navigator.go_to(Cursor(0, hidden + 1))
    now = set(bench.view.label_rects())
    assert now - usual == {hidden}
    assert len(usual - now) <= 2


def test_what_an_equation_has_below_the_line_stands_below_it(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adam's scale, d_W, read as the differential dW."""
    bench = make_bench(article(optimizer=Choice("Adam", {"lr": 0.01})), width=1900)
    with caught(monkeypatch, bench.view) as written:
        bench.view.grab()
    places = [(each.text, each.place) for each in written if each.place is not None]
    letter = next(place for text, place in places if text == "d")
    weights = [place for text, place in places if text == "W²"]
    below = next(place for place in weights if abs(place.left() - letter.right()) < 3)
    assert below.center().y() > letter.center().y() + 1
    assert below.height() < letter.height()
    # The new weights stand on the line, and so does the gradient of these.
    assert letter.height() in {place.height() for place in weights}
    assert "∂W²" in {text for text, _ in places}


# Look


def color_of(bar: TimelineBar, index: int) -> QColor:
    image, point = bar.grab().toImage(), middle(bar, index)
    return image.pixelColor(point)


def test_done_marks_have_the_hue_of_their_phase_in_both_themes(bench: ViewBench[TimelineBar]) -> None:
    bench.session.navigator.go_to(Cursor(0, 14))
    for scheme, theme in ((Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Dark, DARK)):
        bench.appearance.set_scheme(scheme)
        assert color_of(bench.view, 0) == QColor(theme.forward)
        assert color_of(bench.view, 4) == QColor(theme.loss)
        assert color_of(bench.view, 7) == QColor(theme.backward)
        assert color_of(bench.view, 13) == QColor(theme.update)
        assert color_of(bench.view, 15) == theme.tint(theme.border, 0.65)


def test_the_mark_under_the_mouse_stands_out(qtbot: QtBot, bench: ViewBench[TimelineBar]) -> None:
    before = color_of(bench.view, 6)
    move_mouse(qtbot, bench.view, middle(bench.view, 6))
    assert color_of(bench.view, 6) != before

    QApplication.sendEvent(bench.view, QEvent(QEvent.Type.Leave))
    assert color_of(bench.view, 6) == before


def test_another_network_has_other_marks(bench: ViewBench[TimelineBar]) -> None:
    bench.session.file.open(dense((2, 4, 4, 1), rows=2), None)

    assert len(bench.view.label_rects()) == len(bench.session.moment.steps) == 25


def test_text_size_changes_the_height(bench: ViewBench[TimelineBar]) -> None:
    height = bench.view.height()
    bench.appearance.zoom(1)

    assert bench.view.height() > height
    assert bench.view.slider.geometry().bottom() < bench.view.height()
