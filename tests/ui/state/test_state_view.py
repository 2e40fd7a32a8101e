"""The State tab: it follows the cursor and the selection, and its numbers are selected and changed in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from chainrule.ui.state.model import AFTER, BEFORE, NAME
from chainrule.ui.state.view import StateView
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.style.painting import CUT
from chainrule.ui.widgets.refusal import Refusals
from tests.experiments import article, penalized, sgd
from tests.ui.plots.view_bench import ViewBench
from tests.ui.style.test_contrast_seen import caught

W1 = refs.weight(0)
BUFFER = refs.optimizer_state(W1, "momentum_buffer")
STEPS = 21


def make(session: Session, appearance: Appearance) -> StateView:
    return StateView(session, appearance, Refusals(appearance, appearance))


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ViewBench[StateView]]:
    made = ViewBench(make, article(optimizer=sgd(0.01, 0.9)), (264, 180), ready=True)
    made.session.navigator.go_to(Cursor(0, STEPS))
    made.session.navigator.go_to(Cursor(1, STEPS))
    made.session.selector.select(W1, (0, 1))
    yield made
    made.close()


def place(bench: ViewBench[StateView], name: str, column: int) -> QModelIndex:
    model = bench.view.model
    row = next(row for row in range(model.rowCount()) if model.row(row).name == name)
    return model.index(row, column)


def click(qtbot: QtBot, bench: ViewBench[StateView], at: QModelIndex, *, twice: bool = False) -> None:
    viewport, point = bench.view.table.viewport(), bench.view.table.visualRect(at).center()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=point)
    if twice:
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=point)


def type_number(qtbot: QtBot, bench: ViewBench[StateView], at: QModelIndex, text: str) -> None:
    click(qtbot, bench, at, twice=True)
    editor = bench.view.table.findChild(QLineEdit, "state_editor")
    assert editor is not None
    finish(qtbot, editor, text)


def finish(qtbot: QtBot, editor: QLineEdit, text: str) -> None:
    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    # The table takes the text over once the key is dealt with.
    QApplication.processEvents()


def test_it_names_its_parameter_and_follows_the_selection(bench: ViewBench[StateView]) -> None:
    model = bench.view.model
    assert model.headerData(NAME, Qt.Orientation.Horizontal) == "w₁₂⁽¹⁾"
    bench.session.selector.select(refs.bias(1), (0,))
    assert model.headerData(NAME, Qt.Orientation.Horizontal) == "b⁽²⁾"
    bench.session.selector.select(refs.LOSS, ())
    assert model.headerData(NAME, Qt.Orientation.Horizontal) == "b⁽²⁾"


def test_blue_and_orange_are_signs_of_gradients_and_new_values_too(
    bench: ViewBench[StateView], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phase is told by the ground: a negative gradient in the phase's hue was as red as a positive one."""
    bench.view.resize(400, 300)
    with caught(monkeypatch, bench.view) as written:
        bench.view.grab()
    numbers = [each for each in written if re.fullmatch(r"−?\d+(\.\d+)?(·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?", each.text)]
    assert len(numbers) >= 6
    signs = {True: LIGHT.negative, False: LIGHT.positive}
    colors = {each.text: each.color for each in numbers if float(each.text.replace("−", "-").partition("·")[0])}
    assert any(text.startswith("−") for text in colors)
    assert colors == {text: signs[text.startswith("−")] for text in colors}


def test_names_are_words_and_torch_s_name_is_told_where_there_is_room(
    bench: ViewBench[StateView], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.session.editor.edit("Choose Adam", edits.set_optimizer(Choice("Adam", {"lr": 0.01})))
    tip = place(bench, "average gradient", NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "average gradient (exp_avg)"
    for width, expected in ((264, "average gradient"), (900, tip)):
        bench.view.resize(width, 500)
        with caught(monkeypatch, bench.view) as written:
            bench.view.grab()
        shown = {each.text for each in written}
        assert expected in shown or (width < 500 and any(text.startswith("avera") for text in shown))
        assert not any("_" in text for text in shown) or width > 500


def test_numbers_come_with_the_cursor(bench: ViewBench[StateView]) -> None:
    after = place(bench, "momentum buffer", AFTER)
    assert after.data() not in ("", "·")
    assert place(bench, "momentum", BEFORE).data() == "0.9"
    bench.session.navigator.go_to(Cursor(1, 5))
    assert after.data() == "·"
    assert not after.flags() & Qt.ItemFlag.ItemIsEditable
    assert place(bench, "momentum buffer", BEFORE).data() not in ("", "·")


def test_a_click_selects_a_number(qtbot: QtBot, bench: ViewBench[StateView]) -> None:
    click(qtbot, bench, place(bench, "momentum buffer", AFTER))
    selection = bench.session.selection
    assert selection is not None
    assert (selection.ref, selection.index) == (refs.next_value(BUFFER), (0, 1))
    qtbot.keyClick(bench.view.table, Qt.Key.Key_Left)
    selection = bench.session.selection
    assert selection is not None
    assert (selection.ref, selection.index) == (BUFFER, (0, 1))


def test_what_is_computed_is_set_by_hand_and_delete_clears_it(qtbot: QtBot, bench: ViewBench[StateView]) -> None:
    type_number(qtbot, bench, place(bench, "momentum buffer", AFTER), "0.5")
    moment = bench.session.moment
    assert moment.overrides == {refs.next_value(BUFFER): {(0, 1): 0.5}}
    assert "Set by hand" in place(bench, "momentum buffer", AFTER).data(Qt.ItemDataRole.ToolTipRole)
    bench.view.table.setCurrentIndex(place(bench, "momentum buffer", AFTER))
    qtbot.keyClick(bench.view.table, Qt.Key.Key_Delete)
    assert bench.session.moment.overrides == {}


def test_what_was_found_is_changed_from_here_on(qtbot: QtBot, bench: ViewBench[StateView]) -> None:
    type_number(qtbot, bench, place(bench, "momentum buffer", BEFORE), "0.25")
    assert bench.session.moment.number(BUFFER, (0, 1)) == 0.25
    assert bench.session.moment.overrides == {}
    bench.session.selector.select(W1, (0, 1))
    click(qtbot, bench, place(bench, "learning rate", BEFORE))
    qtbot.keyClick(bench.view.table, Qt.Key.Key_F2)
    (editor,) = (found for found in bench.view.table.findChildren(QLineEdit, "state_editor") if found.isVisible())
    finish(qtbot, editor, "0.5")
    assert bench.session.experiment.optimizer["lr"] == 0.5


def test_enter_opens_no_field_on_what_cannot_be_edited(qtbot: QtBot, bench: ViewBench[StateView]) -> None:
    """Qt would warn, and a warning fails a test."""
    click(qtbot, bench, bench.view.model.index(0, NAME))
    qtbot.keyClick(bench.view.table, Qt.Key.Key_Return)
    assert bench.view.table.findChild(QLineEdit, "state_editor") is None


@pytest.mark.parametrize("text", ["nan", "1e999", "abc"])
def test_what_is_no_number_is_refused(qtbot: QtBot, bench: ViewBench[StateView], text: str) -> None:
    before = bench.session.document
    refused = []
    bench.view.model.text_refused.connect(lambda *said: refused.append(said))
    type_number(qtbot, bench, place(bench, "momentum buffer", AFTER), text)
    assert bench.session.document is before
    assert len(refused) == 1


def test_what_was_just_written_is_in_sight(bench: ViewBench[StateView]) -> None:
    table = bench.view.table
    bench.view.resize(264, 90)
    for position in range(13, STEPS + 1):
        bench.session.navigator.go_to(Cursor(1, position))
        shown = [index for index in cells(bench) if bench.view.model.cell(index.row(), index.column()).written]
        assert all(table.viewport().rect().contains(table.visualRect(index)) for index in shown)
        bench.view.resize(264, 89 + position % 2)


def cells(bench: ViewBench[StateView]) -> list[QModelIndex]:
    model = bench.view.model
    places = [model.index(row, column) for row in range(model.rowCount()) for column in (BEFORE, AFTER)]
    return [place for place in places if model.cell(place.row(), place.column()) is not None]


@pytest.mark.parametrize("width", [200, 264, 400])
def test_each_number_has_all_of_its_digits_and_each_name_all_of_its_letters(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """In a narrow pane numbers were written with two digits, and names without their middle."""
    bench = ViewBench(make, article(optimizer=Choice("Adam", {"lr": 1e-5})), (width, 400), ready=True)
    bench.session.navigator.go_to(Cursor(1, len(bench.session.moment.steps)))
    bench.session.selector.select(W1, (0, 1))
    table, model = bench.view.table, bench.view.model
    everything = [model.text(row, column) for row in range(model.rowCount()) for column in range(4)]
    assert any("·10" in text for text in everything)
    written: set[str] = set()
    for place in (0, table.horizontalScrollBar().maximum()):
        table.horizontalScrollBar().setValue(place)
        with caught(monkeypatch, table) as now:
            table.grab()
        across = {table.horizontalHeader().sectionViewportPosition(column) for column in range(4)}
        assert min(across) <= 0
        written |= {each.text for each in now}
    names = {model.full_name(row): model.text(row, NAME) for row in range(model.rowCount())}
    written = {names.get(text, text) for text in written}
    assert {text for text in everything if text} <= written
    for row in range(model.rowCount()):
        for column in range(4):
            text, rect = model.text(row, column), table.visualRect(model.index(row, column))
            font = bench.appearance.font(table.font_size, bold=column != NAME, mono=column in (BEFORE, AFTER))
            metrics, wrap = (
                QFontMetrics(font),
                Qt.TextFlag.TextWordWrap if column == NAME else Qt.TextFlag.TextSingleLine,
            )
            assert metrics.boundingRect(QRect(0, 0, rect.width() - 7, 999), wrap, text).width() <= rect.width() - 7
            assert metrics.boundingRect(QRect(0, 0, rect.width() - 7, 999), wrap, text).height() <= rect.height()
    bench.close()


@pytest.mark.parametrize("width", [200, 230, 264])
def test_no_number_is_seen_without_some_of_its_digits(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """At the edge of the table a gradient of 0.005 was seen as 0."""
    bench = ViewBench(make, article(optimizer=Choice("Adam", {"lr": 1e-5})), (width, 400), ready=True)
    bench.session.navigator.go_to(Cursor(1, len(bench.session.moment.steps)))
    bench.session.selector.select(W1, (0, 1))
    table, model = bench.view.table, bench.view.model
    sight = QRect(table.viewport().mapTo(table, QPoint()), table.viewport().size())
    numbers = {model.text(index.row(), index.column()) for index in cells(bench)}
    cut, whole = 0, set[str]()
    for place in range(0, table.horizontalScrollBar().maximum() + 1, 5):
        table.horizontalScrollBar().setValue(place)
        with caught(monkeypatch, table) as now:
            table.grab()
        seen = [each for each in now if each.text in numbers and each.place is not None]
        whole |= {each.text for each in seen}
        for each in seen:
            assert each.place is not None
            assert sight.left() - 1 <= each.place.left(), each
            assert each.place.right() <= sight.right() + 1, each
        cut += sum(each.text == CUT for each in now)
    assert whole == numbers - {""}
    assert (cut > 0) == (table.horizontalScrollBar().maximum() > 0)
    bench.close()


def test_torchs_name_stands_behind_only_where_both_have_one_line(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a lesson `average gradient (exp_avg)` was broken in two, and cut above and below."""
    bench = ViewBench(make, article(optimizer=Choice("Adam", {"lr": 0.01})), (300, 400), ready=True)
    table, model = bench.view.table, bench.view.model
    whole = {model.full_name(row) for row in range(model.rowCount())}
    both = whole - {model.text(row, NAME) for row in range(model.rowCount())}
    seen = set[str]()
    for width in range(300, 420):
        bench.view.resize(width, 400)
        table.resize(width, 400)
        with caught(monkeypatch, table) as now:
            table.grab()
        high = 1.5 * QFontMetrics(bench.appearance.font(table.font_size)).height()
        for each in now:
            if each.text in both and each.place is not None:
                seen.add(each.text)
                assert each.place.height() < high, (width, each.text)
    assert seen
    bench.close()


@pytest.mark.parametrize(("scale", "width"), [(1.0, 264), (1.5, 396)])
def test_all_columns_of_adam_are_in_sight_beside_each_other(qtbot: QtBot, scale: float, width: int) -> None:
    """On a laptop the new values were beyond the edge: the longest names take two lines there."""
    bench = ViewBench(make, article(optimizer=Choice("Adam", {"lr": 0.01})), (width, 300), ready=True)
    bench.appearance.set_scale(scale)
    bench.session.navigator.go_to(Cursor(1, len(bench.session.moment.steps)))
    bench.session.selector.select(W1, (0, 1))
    QApplication.processEvents()
    table, model = bench.view.table, bench.view.model
    assert table.horizontalScrollBar().maximum() == 0
    across = QFontMetrics(bench.appearance.font(table.font_size)).horizontalAdvance
    parted = [across(model.text(row, NAME)) > table.columnWidth(NAME) - 7 for row in range(model.rowCount())]
    assert 0 < sum(parted) < model.rowCount()
    heights = [table.rowHeight(row) for row in range(model.rowCount())]
    assert all((high > heights[0]) == is_parted for high, is_parted in zip(heights, parted, strict=True))
    # Where there is room, each has one line again.
    bench.view.resize(3 * width, 300)
    assert {table.rowHeight(row) for row in range(model.rowCount())} == {heights[0]}
    bench.close()


def test_no_name_is_cut_where_another_has_more_letters(qtbot: QtBot) -> None:
    """Momentum buffer is wider than gradient of data, which has more letters."""
    made = ViewBench(make, penalized(article(optimizer=sgd(0.01, 0.9))), (320, 240), ready=True)
    made.session.navigator.go_to(Cursor(0, 5))
    table, model = made.view.table, made.view.model
    QApplication.processEvents()
    metrics = QFontMetrics(made.appearance.font(table.font_size))
    names = [model.row(row).name for row in range(model.rowCount())]
    assert "momentum buffer" in names
    assert "gradient of data" in names
    assert max(map(metrics.horizontalAdvance, names)) <= table.columnWidth(NAME)
    made.close()
