"""Fields for every kind of argument: what is typed, what may be empty, what is refused, and what is folded away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import (
    Argument,
    ArgumentValue,
    Choice,
    Flag,
    Integer,
    Number,
    Numbers,
    SpecError,
    Word,
    suggested,
)
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.ui.panels.arguments.argument_editors import plain_symbol
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import CheckBox, Disclosure
from chainrule.ui.widgets.fields import Field, IntegerField, NumberField
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.text_fields import NumbersField


class Form:
    """Rows for a choice that takes what its arguments allow, as the session does, and refuses the rest."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.appearance = Appearance()
        self.appearance.setParent(self.window)
        self.refusals = Refusals(self.appearance, self.window)
        self.rows = ArgumentRows(self.appearance, self.refusals, "test", self.window)
        self.rows.argument_edited.connect(self.take)
        self.window.resize(260, 600)
        self.rows.resize(240, 600)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.arguments: tuple[Argument, ...] = ()
        self.choice = Choice("Toy")
        self.asked: list[tuple[str, object, bool]] = []

    def show(self, *arguments: Argument, **values: ArgumentValue) -> None:
        """Show these arguments with these values."""
        self.arguments, self.choice = arguments, Choice("Toy", values)
        self.rows.show_arguments(self.choice, arguments)
        self.rows.adjustSize()

    def take(self, name: str, value: object, by_arrow: bool) -> None:
        """Accept or refuse what was asked for."""
        self.asked.append((name, value, by_arrow))
        argument = next(argument for argument in self.arguments if argument.name == name)
        try:
            checked = argument.check(value, f"$.{name}")
        except SpecError as error:
            field = self.rows.field(name)
            if isinstance(field, Field):
                field.refuse(str(error))
            else:
                self.refusals.show(field, str(error))
            return
        self.choice = self.choice.replace(**{name: checked})
        self.rows.show_arguments(self.choice, self.arguments)

    def find(self, name: str) -> Field:
        """The field of a name."""
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        found = self.window.findChild(Field, name)
        assert isinstance(found, Field)
        return found

    def type(self, name: str, text: str) -> None:
        """Type over what a field shows, and press Enter."""
        field = self.find(name)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClick(field, Qt.Key.Key_Return)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    return Form(qtbot)  # type: ignore[return-value]


BETAS = Numbers(
    "betas",
    (0.9, 0.999),
    "decay rates",
    symbols=(r"\beta_1", r"\beta_2"),
    item=Number("", 0.0, "", minimum=0.0, below=1.0),
)
MILESTONES = Numbers("milestones", (30, 80), "steps", item=Integer("", 1, "", minimum=0), increasing=True)
KINDS: list[tuple[Argument, ArgumentValue, type[QWidget]]] = [
    (Number("gamma", 0.1, "factor"), 0.1, NumberField),
    (Integer("step_size", 10, "step"), 10, IntegerField),
    (Flag("nesterov", False, "Nesterov"), True, CheckBox),
    (Word("mode", "min", "mode", choices=("min", "max")), "max", ChoiceField),
    (BETAS, (0.9, 0.99), NumberField),
    (MILESTONES, (3, 8), NumbersField),
]


@pytest.mark.parametrize(("argument", "value", "kind"), KINDS, ids=[argument.name for argument, _, _ in KINDS])
def test_each_kind_has_its_field_with_name_words_and_value(
    form: Form, argument: Argument, value: ArgumentValue, kind: type[QWidget]
) -> None:
    form.show(argument, **{argument.name: value})
    controls = form.rows.controls()
    assert [type(control) for control in controls] == [kind] * (2 if argument is BETAS else 1)
    assert controls[0].objectName() == ("test_betas_1" if argument is BETAS else f"test_{argument.name}")
    for control in controls:
        assert argument.label in control.accessibleName()
        assert argument.name in control.toolTip()
    assert form.asked == []


def test_a_flag_asks_for_the_other_and_springs_back_where_it_is_refused(form: Form) -> None:
    flag = Flag("nesterov", False, "Nesterov")
    form.show(flag, nesterov=False)
    box = form.window.findChild(CheckBox, "test_nesterov")
    assert isinstance(box, CheckBox)
    box.click()
    assert form.choice["nesterov"] is True
    assert box.isChecked()

    form.rows.argument_edited.disconnect(form.take)
    box.click()
    assert box.isChecked()


def test_each_of_two_numbers_is_edited_for_itself(form: Form) -> None:
    form.show(BETAS)
    labels = [label.text() for label in form.rows.findChildren(QLabel)]
    assert labels == ["decay rates", "β₁", "β₂"]
    form.type("test_betas_2", "0.99")
    assert form.choice["betas"] == (0.9, 0.99)
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Down):
        QTest.keyClick(form.find("test_betas_1"), key)
    assert form.asked[-1] == ("betas", (0.8, 0.99), True)


def test_a_bad_one_of_two_numbers_is_refused_beside_it(form: Form) -> None:
    form.show(BETAS)
    form.type("test_betas_2", "1")
    assert form.refusals.message == "$.betas[1]: expected a number of at least 0 and below 1, got 1."
    assert form.find("test_betas_2").property("refused")
    assert not form.find("test_betas_1").property("refused")
    assert form.find("test_betas_2").text() == "0.999"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10, 20,30", (10, 20, 30)),
        ("[5]", (5,)),
        ("1; 2", (1, 2)),
        ("7 9", (7, 9)),
        ("", ()),
        ("2,", (2,)),
    ],
)
def test_a_list_is_typed_with_commas(form: Form, text: str, value: ArgumentValue) -> None:
    form.show(MILESTONES)
    assert form.find("test_milestones").text() == "30, 80"
    form.type("test_milestones", text)
    assert form.choice["milestones"] == value
    assert form.find("test_milestones").text() == ", ".join(map(str, value))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10, x", "“10, x” is not a list of numbers with commas between them."),
        ("10,,x", "“10,,x” is not a list of numbers with commas between them."),
        ("20, 10", "$.milestones: expected a list of integers of at least 0, each larger than the one before, got [20"),
        ("-1", "$.milestones[0]: expected an integer of at least 0, got -1"),
        ("1.5", "$.milestones[0]: expected an integer of at least 0, got 1.5"),
    ],
)
def test_a_bad_list_is_refused_in_words_and_the_old_one_stays(form: Form, text: str, message: str) -> None:
    form.show(MILESTONES)
    form.type("test_milestones", text)
    assert form.refusals.message.startswith(message)
    assert form.find("test_milestones").text() == "30, 80"


@pytest.mark.parametrize("text", ["", "none", "None "])
def test_an_optional_number_may_be_empty(form: Form, text: str) -> None:
    form.show(Integer("total_steps", None, "length", minimum=1, optional=True), total_steps=5)
    field = form.find("test_total_steps")
    assert field.placeholderText() == "none"
    assert "or empty for none" in field.toolTip()
    form.type("test_total_steps", text)
    assert form.asked == [("total_steps", None, False)]
    assert field.text() == ""
    # The arrows have nowhere to begin.
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Up):
        QTest.keyClick(field, key)
    assert len(form.asked) == 1
    form.type("test_total_steps", "0")
    assert form.refusals.message == "$.total_steps: expected null or an integer of at least 1, got 0."
    assert field.text() == ""


def test_a_number_that_must_be_there_is_not_left_empty(form: Form) -> None:
    form.show(Number("gamma", 0.1, "factor"))
    form.type("test_gamma", "")
    assert form.refusals.message == "Nothing was typed; a number is needed."
    assert form.find("test_gamma").text() == "0.1"


def test_an_optional_word_has_none_among_its_words(form: Form) -> None:
    form.show(Word("mode", None, "mode", choices=("a", "b"), optional=True))
    field = form.window.findChild(ChoiceField, "test_mode")
    assert isinstance(field, ChoiceField)
    assert (field.choice, field.count()) == ("none", 3)
    field.choose("a")
    field.choose("none")
    assert form.asked[-1] == ("mode", None, False)


MANY = (
    Number("lr", 0.001, "learning rate"),
    BETAS,
    Number("eps", 1e-8, "added below"),
    Number("weight_decay", 0.0, "weight decay"),
    Flag("amsgrad", False, "largest so far"),
    Flag("maximize", False, "go up"),
)


def test_arguments_that_are_rarely_set_are_folded_away(form: Form) -> None:
    form.show(*MANY)
    more = form.window.findChild(Disclosure, "test_more")
    assert isinstance(more, Disclosure)
    names = [control.objectName().removeprefix("test_") for control in form.rows.controls()]
    assert names == ["lr", "betas_1", "betas_2", "weight_decay", "more", "eps", "amsgrad", "maximize"]
    assert [c.objectName() for c in form.rows.controls() if not c.isVisible()] == [
        "test_eps", "test_amsgrad", "test_maximize"
    ]  # fmt: skip
    tops = [control.mapTo(form.window, control.rect().topLeft()).y() for control in form.rows.controls()[:5]]
    assert tops == sorted(tops)

    more.click()
    assert all(control.isVisible() for control in form.rows.controls())
    # It stays open for the next choice, and is not there where all fit.
    form.show(*MANY[:5])
    assert form.find("test_eps").isVisible()
    form.show(*MANY[:2])
    assert not more.isVisible()
    form.show(*MANY)
    assert form.find("test_eps").isVisible()


def test_a_dot_tells_that_a_folded_argument_is_not_as_usual(form: Form) -> None:
    form.show(*MANY)
    more = form.window.findChild(Disclosure, "test_more")
    assert isinstance(more, Disclosure)
    assert not more.is_marked
    form.show(*MANY, lr=0.5)
    assert not more.is_marked
    form.show(*MANY, eps=1e-3)
    assert more.is_marked


def test_fields_of_the_same_kind_stay_when_other_arguments_come(form: Form) -> None:
    form.show(*MANY)
    lr = form.find("test_lr")
    lr.setFocus()
    lr.selectAll()
    QTest.keyClicks(lr, "0.7")
    form.show(Number("alpha", 0.99, "smoothing"), *MANY[:1])
    assert form.rows.controls() == [form.find("test_alpha"), lr]
    assert lr.text() == "0.7"
    assert lr.hasFocus()
    form.show(replace(MANY[0], label="another name"))
    assert lr.accessibleName() == "another name"
    # A field of another kind is another one.
    form.show(Integer("lr", 1, "learning rate"))
    assert isinstance(form.find("test_lr"), IntegerField)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\eta", "η"),
        (r"\beta_1", "β₁"),
        (r"\beta_{12}", "β₁₂"),
        (r"\eta^{+}", "η⁺"),
        (r"\eta^-", "η⁻"),
        (r"\eta_{\max}", "ηₘₐₓ"),
        (r"T_{\text{mult}}", "Tₘᵤₗₜ"),
        (r"n_{\text{cooldown}}", ""),
        (r"\text{threshold}", ""),
        ("p", "p"),
        ("", ""),
    ],
)
def test_symbols_lose_their_latex(latex: str, text: str) -> None:
    assert plain_symbol(latex) == text


@pytest.mark.parametrize("make", [lambda f: f.window.grab(), lambda f: f.appearance.zoom(3)])
def test_it_can_be_painted_and_zoomed_with_every_kind(form: Form, make: Callable[[Form], object]) -> None:
    form.show(*(argument for argument, _, _ in KINDS))
    make(form)
    form.rows.adjustSize()
    QApplication.processEvents()
    for label in form.rows.findChildren(QLabel):
        assert label.heightForWidth(label.width()) <= label.height(), label.text()


TABLES = {
    "activation": ACTIVATIONS,
    "clipping": CLIPPINGS,
    "initialization": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "scheduler": SCHEDULERS,
}
ENTRIES = [(name, entry) for table in TABLES.values() for name, entry in table.items() if name != "SequentialLR"]


@pytest.mark.parametrize("zoom", [0, 5])
def test_every_entry_of_every_table_fits_in_the_column(form: Form, zoom: int) -> None:
    for _ in range(zoom):
        form.appearance.zoom(1)
    # What is left of 260 pixels beside the margins, in the narrowest place: a part of a sequence.
    room = form.appearance.size(260 - 2 * 10 - 8)
    form.window.resize(room + 20, 900)
    for name, entry in ENTRIES:
        choice = suggested(name, entry.arguments, {})
        form.rows.show_arguments(choice, entry.arguments)
        more = form.window.findChild(Disclosure, "test_more")
        assert isinstance(more, Disclosure)
        more.setChecked(True)
        form.rows.resize(room, form.rows.heightForWidth(room))
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert form.rows.width() == room, name
        for label in form.rows.findChildren(QLabel):
            if label.isVisible():
                assert label.heightForWidth(label.width()) <= label.height(), (name, label.text())
                longest = max(map(label.fontMetrics().horizontalAdvance, label.text().split()))
                assert longest <= label.width(), (name, label.text())
        for control in form.rows.controls():
            left = control.mapTo(form.rows, control.rect().topLeft()).x()
            assert left >= 0, (name, control.objectName())
            assert left + control.width() <= room, (name, control.objectName())
            assert control.toolTip(), (name, control.objectName())
            assert control.accessibleName(), (name, control.objectName())


def test_every_symbol_of_every_table_is_a_letter_and_no_command() -> None:
    for name, entry in ENTRIES:
        for argument in entry.arguments:
            symbols = argument.symbols if isinstance(argument, Numbers) else (argument.symbol,)
            for symbol in symbols:
                begins = "".join(c for c in plain_symbol(symbol) if c.isalpha() and c.isascii())
                assert len(begins) <= 1, (name, argument.name, plain_symbol(symbol))


def test_a_tick_box_ends_where_the_fields_end(qtbot: QtBot, form: Form) -> None:
    form.show(Number("momentum", 0.0, "momentum"), Flag("nesterov", False, "Nesterov"), momentum=0.5)
    form.rows.resize(240, 100)
    field, box = form.window.findChild(QWidget, "test_momentum"), form.window.findChild(CheckBox, "test_nesterov")
    assert field is not None
    assert box is not None

    def end(control: QWidget) -> int:
        return control.mapTo(form.window, control.rect().topRight()).x()

    qtbot.waitUntil(lambda: end(field) == end(box))
