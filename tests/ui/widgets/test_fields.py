"""Fields and refusals: what is accepted, what is refused in which words, and that the old number stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.fields import IntegerField, NumberField
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.text_fields import ExpressionField
from chainrule.ui.widgets.typed_numbers import full_text, nudged, parse_number, short_text


class Form(QWidget):
    """A window with a number, an integer, and a button that takes no focus."""

    def __init__(self) -> None:
        super().__init__()
        self.appearance = Appearance(self)
        self.refusals = Refusals(self.appearance, self)
        self.number = NumberField(self.appearance, self.refusals, self)
        self.integer = IntegerField(self.appearance, self.refusals, self)
        self.button = QPushButton("Step", self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        for widget in (self.number, self.integer, self.button):
            layout.addWidget(widget)
        self.number.set_value(0.01)
        self.integer.set_value(2)
        self.asked: list[float] = []
        self.number.value_edited.connect(self.asked.append)
        self.integer.value_edited.connect(self.asked.append)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    made = Form()
    made.resize(240, 140)
    with qtbot.waitExposed(made):
        made.show()
        made.activateWindow()
    made.number.setFocus()
    made.number.selectAll()
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e6", 1e6),
        ("-0.5", -0.5),
        ("0,5", 0.5),
        (" +3 ", 3.0),
        ("−2", -2.0),
        (".5", 0.5),
        ("7.", 7.0),
        ("1E-5", 1e-5),
        ("−4.386·10⁻⁴", -4.386e-4),
        ("1·10⁶", 1e6),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "“abc” is not a number"),
        ("", "nothing was typed; a number is needed"),
        ("1,234.5", "“1,234.5” is not a number"),
        ("1_000", "“1_000” is not a number"),
        ("0x10", "“0x10” is not a number"),
        ("٣", "“٣” is not a number"),
        ("nan", "“nan” is not a finite number"),
        ("-inf", "“-inf” is not a finite number"),
        ("1e400", "“1e400” is not a finite number"),
    ],
)
def test_what_is_no_finite_number_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="number") as refused:
        parse_number(text)

    assert str(refused.value) == message


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_full_text_of_a_number_can_be_typed_again(number: float) -> None:
    assert parse_number(full_text(number)) == number
    assert abs(parse_number(short_text(number)) - number) <= 1e-5 * abs(number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.01, "0.01"), (1e-5, "1·10⁻⁵"), (0.5, "0.5"), (1e6, "1·10⁶"), (0.149780716, "0.149781"), (0.0, "0")],
)
def test_numbers_are_shown_short(number: float, text: str) -> None:
    assert short_text(number) == text


@pytest.mark.parametrize(
    ("number", "up", "following"),
    [
        (0.01, True, 0.02),
        (0.01, False, 0.009),
        (0.09, True, 0.1),
        (0.0, True, 0.1),
        (0.0, False, -0.1),
        (-0.01, True, -0.009),
        (-0.01, False, -0.02),
        (3.0, False, 2.0),
    ],
)
def test_the_arrows_go_by_the_first_digit(number: float, up: bool, following: float) -> None:
    assert nudged(number, up) == following


def test_enter_asks_for_the_typed_number_and_lets_go_of_the_focus(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClicks(form.number, "0,5")
    with qtbot.waitSignal(form.number.value_edited) as asked:
        qtbot.keyClick(form.number, Qt.Key.Key_Return)

    assert asked.args == [0.5]
    assert not form.number.hasFocus()
    assert form.number.text() == "0.01"  # nobody accepted it
    form.number.set_value(0.5)
    assert form.number.text() == "0.5"


def test_nothing_is_asked_where_nothing_changed(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClick(form.number, Qt.Key.Key_Return)
    form.number.setFocus()
    qtbot.keyClicks(form.number, "1e-2")
    qtbot.keyClick(form.number, Qt.Key.Key_Tab)

    assert form.asked == []
    assert form.number.text() == "0.01"


def test_leaving_the_field_asks_for_the_number(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClicks(form.number, "7")
    qtbot.keyClick(form.number, Qt.Key.Key_Tab)

    assert form.asked == [7.0]
    assert form.integer.hasFocus()


def test_a_click_on_a_button_without_focus_takes_over_what_was_typed_first(qtbot: QtBot, form: Form) -> None:
    order: list[object] = []
    form.number.value_edited.connect(order.append)
    form.button.clicked.connect(lambda: order.append("clicked"))
    qtbot.keyClicks(form.number, "7")
    qtbot.mouseClick(form.button, Qt.MouseButton.LeftButton)

    assert order == [7.0, "clicked"]


def test_escape_brings_the_old_number_back_and_leaves(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClicks(form.number, "99")
    qtbot.keyClick(form.number, Qt.Key.Key_Escape)

    assert form.number.text() == "0.01"
    assert not form.number.hasFocus()
    assert form.asked == []


@pytest.mark.parametrize("text", ["abc", "nan", "1e999"])
def test_a_refusal_is_said_beside_the_field_and_the_old_number_stays(qtbot: QtBot, form: Form, text: str) -> None:
    qtbot.keyClicks(form.number, text)
    qtbot.keyClick(form.number, Qt.Key.Key_Return)

    assert form.asked == []
    assert form.number.text() == "0.01"
    bubble = form.refusals.bubble
    assert bubble is not None
    assert f"“{text}” is not a" in bubble.accessibleDescription()
    assert form.number.accessibleDescription() == form.refusals.message
    assert form.rect().contains(bubble.geometry())
    assert not bubble.geometry().intersects(form.number.geometry())


def test_what_was_refused_on_leaving_stays_on_the_screen_until_the_next_key(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClicks(form.number, "abc")
    qtbot.keyClick(form.number, Qt.Key.Key_Tab)

    assert form.integer.hasFocus()
    assert form.refusals.message == "“abc” is not a number."
    QApplication.processEvents()
    assert form.refusals.message
    qtbot.keyClicks(form.integer, "5")
    assert form.refusals.message == ""


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_5, Qt.Key.Key_Tab])
def test_a_key_takes_the_bubble_away(qtbot: QtBot, form: Form, key: Qt.Key) -> None:
    form.number.refuse("no")
    qtbot.keyClick(form.number, Qt.Key.Key_Shift)
    assert form.refusals.message == "No."
    qtbot.keyClick(form.number, key)

    assert form.refusals.bubble is None
    assert form.number.accessibleDescription() == ""


def test_a_click_and_a_new_size_take_the_bubble_away(qtbot: QtBot, form: Form) -> None:
    form.number.refuse("no")
    qtbot.mouseClick(form.button, Qt.MouseButton.LeftButton)
    assert form.refusals.bubble is None

    form.number.refuse("no")
    form.resize(300, 200)
    QApplication.processEvents()
    assert form.refusals.bubble is None


def test_the_field_may_be_gone_before_its_bubble(qtbot: QtBot, form: Form) -> None:
    field = NumberField(form.appearance, form.refusals, form)
    field.show()
    field.refuse("no")
    with qtbot.waitSignal(field.destroyed):
        field.deleteLater()

    assert form.refusals.message == "No."
    form.refusals.dismiss()
    assert form.refusals.message == ""


def test_the_bubble_goes_with_its_window(qtbot: QtBot, form: Form) -> None:
    window = QWidget()
    field = NumberField(form.appearance, form.refusals, window)
    window.show()
    field.refuse("no")
    with qtbot.waitSignal(window.destroyed):
        window.deleteLater()

    assert form.refusals.bubble is None
    assert form.refusals.message == ""


@pytest.mark.parametrize("place", [QPoint(0, 0), QPoint(230, 0), QPoint(0, 130), QPoint(230, 130)])
def test_the_bubble_is_never_cut_off(form: Form, place: QPoint) -> None:
    form.refusals.show(form, "$.network.layers[10].activation.negative_slope: " + "words " * 12, QRect(place, place))

    assert form.refusals.bubble is not None
    assert form.rect().contains(form.refusals.bubble.geometry())


def test_an_endless_message_is_cut(form: Form) -> None:
    form.refusals.show(form.number, "x" * 100_000)

    assert form.refusals.bubble is not None
    assert form.refusals.bubble.height() < 1000


def test_typing_is_kept_while_the_number_changes_below_it(qtbot: QtBot, form: Form) -> None:
    qtbot.keyClicks(form.number, "0.2")
    form.number.set_value(0.3)

    assert form.number.text() == "0.2"
    qtbot.keyClick(form.number, Qt.Key.Key_Escape)
    assert form.number.text() == "0.3"


def test_a_focused_field_shows_every_digit_and_so_does_its_tooltip(form: Form) -> None:
    form.number.set_value(0.149780716)
    assert form.number.text() == "0.149780716"
    assert form.number.toolTip() == "0.149780716"

    form.integer.setFocus()
    assert form.number.text() == "0.149781"


def test_the_arrow_keys_nudge_what_is_edited(qtbot: QtBot, form: Form) -> None:
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp):
        qtbot.keyClick(form.number, key)
    nudged = QSignalSpy(form.number.nudged)
    assert nudged.count() == 0
    assert form.number.text() == "0.01"
    qtbot.keyClick(form.number, Qt.Key.Key_F2)
    with qtbot.waitSignal(form.number.nudged) as asked:
        qtbot.keyClick(form.number, Qt.Key.Key_Up)
    assert asked.args == [0.02]

    form.integer.setFocus()
    form.integer.selectAll()
    qtbot.keyClicks(form.integer, "29")
    with qtbot.waitSignal(form.integer.nudged) as asked:
        qtbot.keyClick(form.integer, Qt.Key.Key_Down)
    assert asked.args == [28]


@pytest.mark.parametrize("text", ["2.5", "abc", "", "1e3", "9" * 50])
def test_an_integer_field_takes_integers_only(qtbot: QtBot, form: Form, text: str) -> None:
    form.integer.setFocus()
    form.integer.setText(text)
    qtbot.keyClick(form.integer, Qt.Key.Key_Return)

    assert form.asked == []
    assert form.integer.text() == "2"
    assert "a whole number" in form.refusals.message


def test_an_integer_of_sixteen_digits_is_asked_for_exactly(qtbot: QtBot, form: Form) -> None:
    form.integer.setFocus()
    form.integer.setText(str(2**53 - 1))
    qtbot.keyClick(form.integer, Qt.Key.Key_Return)

    assert form.asked == [2**53 - 1]


def is_kept(form: Form, key: Qt.Key) -> bool:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(form.number, event)
    return event.isAccepted()


def test_the_field_keeps_its_keys_from_shortcuts_and_the_arrows_once_it_is_edited(qtbot: QtBot, form: Form) -> None:
    always = (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_F2, Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_5)
    arrows = (Qt.Key.Key_Up, Qt.Key.Key_Down)
    assert [key for key in always if not is_kept(form, key)] == []
    assert [key for key in arrows if is_kept(form, key)] == []
    qtbot.keyClicks(form.number, "7")
    assert [key for key in (*always, *arrows) if not is_kept(form, key)] == []


def test_escape_takes_back_what_the_arrows_have_changed(qtbot: QtBot, form: Form) -> None:
    form.number.nudged.connect(form.number.set_value)
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(form.number, key)
    assert form.number.value == 0.03
    qtbot.keyClick(form.number, Qt.Key.Key_Escape)
    assert form.number.value == 0.01
    assert form.number.text() == "0.01"


def test_after_enter_the_arrows_change_nothing_more(qtbot: QtBot, form: Form) -> None:
    form.number.value_edited.connect(form.number.set_value)
    form.number.nudged.connect(form.number.set_value)
    qtbot.keyClicks(form.number, "0.5")
    qtbot.keyClick(form.number, Qt.Key.Key_Return)
    form.number.setFocus()
    qtbot.keyClick(form.number, Qt.Key.Key_Down)
    assert form.number.value == 0.5


def test_undo_is_the_windows_unless_something_is_typed(qtbot: QtBot, form: Form) -> None:
    def claims_undo() -> bool:
        modifier = Qt.KeyboardModifier.ControlModifier
        event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, modifier)
        event.ignore()
        QApplication.sendEvent(form.number, event)
        return event.isAccepted()

    assert not claims_undo()
    qtbot.keyClicks(form.number, "1")
    assert claims_undo()


def test_closed_is_said_on_enter_escape_and_leaving(qtbot: QtBot, form: Form) -> None:
    closed = QSignalSpy(form.number.closed)
    qtbot.keyClicks(form.number, "abc")
    qtbot.keyClick(form.number, Qt.Key.Key_Return)
    assert closed.count() == 0  # refused: typing goes on
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab):
        form.number.setFocus()
        said = closed.count()
        qtbot.keyClick(form.number, key)
        assert closed.count() > said


def test_a_text_that_is_too_long_shows_its_beginning_once_it_is_edited(qtbot: QtBot, form: Form) -> None:
    title = ExpressionField(form.appearance, form.refusals, form)
    title.setGeometry(0, 0, 120, 24)
    title.show()
    title.value_edited.connect(title.set_value)
    title.setFocus()
    qtbot.keyClicks(title, "A title of so many letters that they have no room in the field")
    assert title.cursorPosition() > 50
    qtbot.keyClick(title, Qt.Key.Key_Return)
    form.number.setFocus()
    assert not title.hasFocus()
    assert title.cursorPosition() == 0
