"""Loss and optimizer: names from the tables, arguments from their declarations."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice, Number, Word
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import NumberField
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench


def test_every_entry_of_the_tables_is_offered(bench: Bench) -> None:
    for name, table in (("loss_name", LOSSES), ("optimizer_name", OPTIMIZERS)):
        field = bench.choice(name)
        offered = [field.itemText(place) for place in range(field.count())]
        assert sorted(offered) == sorted(table)
        assert offered[: len(table.usual)] == list(table.usual)


def test_the_loss_and_its_reduction_are_edited_and_undone(bench: Bench) -> None:
    bench.pick("loss_name", "HalfSquaredError")
    assert bench.experiment.loss == Choice("HalfSquaredError", {"reduction": "mean"})
    bench.pick("loss_reduction", "sum")
    assert bench.experiment.loss == Choice("HalfSquaredError", {"reduction": "sum"})

    bench.undo()
    assert bench.choice("loss_reduction").choice == "mean"
    bench.undo()
    assert bench.choice("loss_name").choice == "MSELoss"


def test_class_weights_are_typed_refused_and_follow_the_outputs(make_bench: MakeBench) -> None:
    network = NetworkSpec(2, (LayerSpec(3),))
    rows = DataSpec(((1.0, 2.0), (0.5, -1.0), (2.0, 0.0)), ((0.0,), (2.0,), (-100.0,)))
    bench = make_bench(check_experiment(Experiment(network, rows, Choice("CrossEntropyLoss"))))
    bench.type("loss_weight", "2, 4")
    assert bench.experiment.loss["weight"] is None
    assert bench.refusals.message == "Class weights: there are 2 numbers; 3 are needed, one for each output."
    bench.type("loss_weight", "2, 4, 6")
    assert bench.experiment.loss["weight"] == (2.0, 4.0, 6.0)
    bench.type("layer_units_0", "4")
    assert bench.experiment.loss["weight"] == (2.0, 4.0, 6.0, 1.0)
    bench.type("loss_weight", "")
    assert bench.experiment.loss["weight"] is None


@pytest.mark.parametrize(("name", "argument"), [("optimizer_lr", "lr"), ("optimizer_momentum", "momentum")])
def test_a_number_of_the_optimizer_is_edited_and_undone(bench: Bench, name: str, argument: str) -> None:
    before = bench.experiment
    bench.type(name, "1e6")

    assert bench.experiment.optimizer.number(argument) == 1e6
    assert not bench.number(name).hasFocus()
    assert bench.number(name).text() == "1·10⁶"
    assert bench.pauses == 1
    bench.undo()
    assert bench.experiment == before
    assert bench.number(name).value == before.optimizer.number(argument)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-1", "Learning rate: −1 does not fit; SGD needs a number of at least 0."),
        ("abc", "“abc” is not a number."),
        ("", "Nothing was typed; a number is needed."),
        ("inf", "“inf” is not a finite number."),
    ],
)
def test_a_bad_number_is_refused_and_the_old_one_stays(bench: Bench, text: str, message: str) -> None:
    before = bench.session.document
    bench.type("optimizer_lr", text)

    assert bench.refusals.message == message
    assert bench.number("optimizer_lr").text() == "0.01"
    assert bench.session.document is before


def test_the_arrow_keys_are_one_undo_entry_and_typing_another(bench: Bench) -> None:
    field = bench.number("optimizer_lr")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_F2)
    for _ in range(4):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.value == 0.05
    bench.type("optimizer_lr", "0.5")

    assert bench.session.undo_stack.count() == 2
    bench.undo()
    assert field.value == 0.05
    bench.undo()
    assert field.value == 0.01


def test_typing_is_kept_while_the_cursor_moves(bench: Bench) -> None:
    field = bench.number("optimizer_lr")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.2")
    bench.session.navigator.step_forward()

    assert field.text() == "0.2"
    assert field.hasFocus()


def test_declarations_become_fields(qtbot: QtBot, bench: Bench) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    rows = ArgumentRows(bench.appearance, bench.refusals, "test", parent)
    arguments = (
        Number("lr", 0.001, "learning rate", r"\eta", minimum=0.0),
        Number("dampening", 0.0, "dampening", r"\beta_{12}", minimum=0.0, maximum=1.0),
        Word("mode", "a", "mode", choices=("a", "b")),
    )
    rows.show_arguments(Choice("Other", {"lr": 0.5}), arguments)

    lr, dampening, mode = rows.controls()
    assert isinstance(lr, NumberField)
    assert isinstance(mode, ChoiceField)
    assert (lr.value, mode.choice) == (0.5, "a")
    assert "a number from 0 to 1" in dampening.toolTip()
    assert lr.accessibleName() == "learning rate"

    # Other words for the same arguments keep the widgets, and what is typed in them.
    rows.show_arguments(Choice("Other"), tuple(replace(a, label="x") for a in arguments))
    assert rows.controls() == [lr, dampening, mode]
    rows.show_arguments(Choice("None"), ())
    assert rows.controls() == []


def test_the_wheel_scrolls_the_panel_and_changes_no_choice(qtbot: QtBot, bench: Bench) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    field = bench.choice("layer_activation_0")
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(field, event)

    assert field.choice == "ReLU"
    assert not bench.session.undo_stack.canUndo()
