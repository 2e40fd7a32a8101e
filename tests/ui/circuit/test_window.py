"""A formula in the window: opened, typed, stepped, trained and plotted; what it has no meaning for is out of sight."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.model.navigation import Cursor, Stride
from chainrule.resource_files import example_paths
from chainrule.ui.app import open_window
from chainrule.ui.asking.new_dialog import FORMULA
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import LockButton
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article
from tests.formulas import formula_experiment
from tests.ui.circuit.formula_window import find, line, train
from tests.ui.style.test_contrast_seen import SCHEMES, faint
from tests.ui.style.test_text_fits import cut_texts


def first_circuit() -> Experiment:
    return formula_experiment(
        "q = x + y",
        "f = q*z",
        parameters={"x": -2, "y": 5, "z": -4},
        optimizer={"name": "SGD", "lr": 0.1},
    )


@pytest.fixture
def formula(window: MainWindow) -> MainWindow:
    """The window with CS231n's first circuit."""
    window.session.file.open(first_circuit(), None)
    window.session.file.mark_saved(None)
    return window


def type_line(window: MainWindow, index: int, text: str) -> None:
    field = line(window, index)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_what_a_formula_does_without_is_out_of_sight_and_comes_back(formula: MainWindow) -> None:
    panel = formula.experiment_panel
    assert [section.isVisible() for section in (panel.data, panel.network, panel.loss)] == [False] * 3
    assert [section.isVisible() for section in (panel.formula, panel.optimizer, panel.scheduler)] == [True] * 3
    tabs = formula.tabs.bar
    names = [tabs.tabText(place) for place in range(tabs.count()) if tabs.isTabVisible(place)]
    assert "Path" in names
    assert "Classes" not in names
    assert not formula.actions_by_id["layer.next"].isEnabled()
    assert formula.stage_panel.stage.accessibleName() == "Formula"

    formula.session.file.open(article(), None)
    assert [section.isVisible() for section in (panel.data, panel.network, panel.loss)] == [True] * 3
    assert not panel.formula.isVisible()
    assert formula.actions_by_id["layer.next"].isEnabled()
    formula.actions_by_id["step.forward"].trigger()
    formula.session.file.open(first_circuit(), None)
    assert panel.formula.isVisible()


def test_the_keys_step_through_an_iteration_and_back(formula: MainWindow) -> None:
    steps = len(formula.session.moment.steps)
    for _ in range(steps):
        formula.actions_by_id["step.forward"].trigger()
    assert formula.session.cursor == Cursor(0, steps)
    assert formula.session.moment.number(ValueRef("x.next"), ()) == pytest.approx(-1.6)
    for _ in range(steps):
        formula.actions_by_id["step.back"].trigger()
    assert formula.session.cursor == Cursor(0, 0)
    formula.actions_by_id["phase.next"].trigger()
    assert formula.session.moment.written == "f"
    assert formula.equation_view.accessibleDescription() or formula.equation_view.accessibleName()


def test_a_file_with_a_formula_opens_before_there_is_an_engine(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "circuit.chainrule"
    write_experiment(first_circuit(), path)
    window = open_window(path)
    qtbot.addWidget(window)
    window.show()
    QApplication.processEvents()
    names = {node.name for node in window.stage_panel.stage.stage_layout().whole.nodes}
    assert names == {"x", "y", "z", "q", "f"}
    assert line(window, 1).text() == "f = q*z"
    assert window.session.timeline is not None
    QApplication.processEvents()
    assert window.session.moment.program is not None
    assert window.close()


def test_the_numbers_of_the_parameters_are_typed_one_after_another(formula: MainWindow) -> None:
    find(formula, Field, "formula_parameter_x").setFocus(Qt.FocusReason.TabFocusReason)
    for text, key in (("2", Qt.Key.Key_Tab), ("1", Qt.Key.Key_Return)):
        QTest.keyClicks(QApplication.focusWidget(), text)
        QTest.keyClick(QApplication.focusWidget(), key)
    assert formula.session.experiment.parameters == {"x": 2.0, "y": 1.0, "z": -4.0}


def test_a_typed_line_changes_the_formula_as_one_edit(formula: MainWindow) -> None:
    type_line(formula, 1, "f = q*z + x")
    experiment = formula.session.experiment
    assert experiment.network.formula == ("q = x + y", "f = q*z + x")
    assert experiment.parameters == {"x": -2.0, "y": 5.0, "z": -4.0}
    assert {node.sign for node in formula.stage_panel.stage.stage_layout().whole.nodes} == {"", "+", "×"}
    formula.actions_by_id["edit.undo"].trigger()
    assert formula.session.experiment == first_circuit()
    assert line(formula, 1).text() == "f = q*z"
    assert not formula.session.undo_stack.canUndo()


def test_several_lines_can_be_typed_at_once_and_new_names_are_new_parameters(formula: MainWindow) -> None:
    type_line(formula, 1, "r = q*z; f = r*r + k")
    experiment = formula.session.experiment
    assert experiment.network.formula == ("q = x + y", "r = q*z", "f = r*r + k")
    assert find(formula, Field, "formula_parameter_k").value == formula.session.moment.number(ValueRef("k"), ())
    assert line(formula, 2).text() == "f = r*r + k"


def test_a_name_that_is_gone_is_no_parameter_any_more(formula: MainWindow) -> None:
    find(formula, LockButton, "formula_freeze_z").click()
    assert formula.session.experiment.frozen == {"z"}
    type_line(formula, 1, "f = q*q")
    assert set(formula.session.experiment.parameters) == {"x", "y"}
    assert formula.session.experiment.frozen == set()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f = q*", "Character 7: the formula ends where a number, a name or a bracket is expected."),
        ("f = f + q", "F needs itself."),
        ("q = 3", "Q is defined twice."),
    ],
)
def test_a_wrong_line_says_why_at_once_and_the_formula_stays(formula: MainWindow, text: str, said: str) -> None:
    field = line(formula, 1)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    problem = find(formula, QLabel, "formula_problem_1")
    assert problem.isVisible()
    assert problem.text().lower() == said.lower()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert formula.session.experiment.network.formula == ("q = x + y", "f = q*z")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "f = q*z"


def test_a_line_is_added_and_removed(formula: MainWindow) -> None:
    find(formula, QPushButton, "formula_add").click()
    type_line(formula, 2, "g = f^2")
    assert formula.session.experiment.network.formula == ("q = x + y", "f = q*z", "g = f^2")
    assert formula.session.experiment.network.loss_ref == "g"
    find(formula, QPushButton, "formula_remove_2").click()
    assert formula.session.experiment.network.formula == ("q = x + y", "f = q*z")


def test_a_parameter_is_a_field_that_follows_training(formula: MainWindow) -> None:
    field = find(formula, Field, "formula_parameter_x")
    assert field.value == -2.0
    field.setText("3")
    assert field.commit()
    assert formula.session.experiment.parameters[ValueRef("x")] == 3.0
    formula.session.navigator.move(Stride.ITERATION)
    formula.session.navigator.go_to(Cursor(1, 0))
    assert field.value == pytest.approx(3.4)


def test_new_begins_a_formula(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["file.new"].trigger()
    dialog = find(window, QWidget, "file.new.dialog")
    find(dialog, ChoiceField, "new_kind").choose(FORMULA)
    field = find(dialog, FormulaLine, "new_formula")
    assert field.isVisible()
    assert not find(dialog, Field, "new_inputs").isVisible()
    field.setText("f = (a + b)*c +")
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert "ends where" in find(dialog, QLabel, "new_formula_problem").text()
    field.setText("q = a + b; f = q*c")
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)
    experiment = window.session.experiment
    assert not dialog.isVisible()
    assert experiment.network.formula == ("q = a + b", "f = q*c")
    assert experiment.parameters == {"a": 1.0, "b": 2.0, "c": 3.0}


def test_the_plot_of_the_loss_is_called_by_the_output(formula: MainWindow) -> None:
    train(formula, 3)
    assert formula.loss_plot.header.title == "f"
    assert formula.loss_plot.accessibleName().startswith("f ")
    assert not formula.gradient_plot.by_layer.isVisible()
    formula.session.file.open(article(), None)
    assert formula.loss_plot.header.title == "Loss"


@pytest.mark.parametrize("screen", [(1280, 800), (1366, 768), (1366, 708)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_all_of_the_sigmoid_neuron_is_in_sight_with_its_numbers_on_a_laptop(
    window: MainWindow, screen: tuple[int, int]
) -> None:
    """Of its five inputs one was below the edge, beside an equation with room to spare."""
    (example,) = (path for path in example_paths() if path.stem == "cs231n-sigmoid-circuit")
    window.resize(*screen)
    window.session.file.open(read_experiment(example), None)
    window.session.file.mark_saved(None)
    window.session.navigator.go_to(Cursor(0, len(window.session.moment.steps)))
    for _ in range(3):
        QApplication.processEvents()
    canvas, stage = window.stage_panel.canvas, window.stage_panel.stage
    assert (canvas.horizontalScrollBar().maximum(), canvas.verticalScrollBar().maximum()) == (0, 0)
    layout = stage.stage_layout()
    assert layout.scale >= 0.8
    shown = {slot.ref for cell in layout.whole.cells() for slot in cell.slots}
    assert {"f", "w2.grad", "n3.grad"} <= shown
    assert cut_texts(window) == []


@pytest.mark.parametrize("screen", [(1280, 800), (1366, 768), (1920, 1080)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_text_is_cut(formula: MainWindow, screen: tuple[int, int]) -> None:
    formula.session.navigator.go_to(Cursor(0, 7))
    for scale, tab in product((1.0, 2.0), ("slope", "state", "path")):
        formula.appearance.set_scale(scale)
        formula.resize(*screen)
        formula.tabs.choose(tab)
        for _ in range(3):
            QApplication.processEvents()
        assert formula.size().toTuple() == screen
        assert cut_texts(formula) == [], (scale, tab)


@SCHEMES
def test_every_text_can_be_read_at_every_kind_of_step(
    formula: MainWindow, monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme
) -> None:
    formula.appearance.set_scheme(scheme)
    formula.resize(1366, 768)
    train(formula, 5)
    formula.session.number_editor.edit_number(ValueRef("q"), (), 3.5)
    found = set()
    for place, position in enumerate((0, 1, 4, 7, 9)):
        formula.session.navigator.go_to(Cursor(2, position))
        formula.tabs.choose(("path", "state", "slope")[place % 3])
        found |= faint(formula, monkeypatch)
    type_line(formula, 1, "f = q*")
    assert found | faint(formula, monkeypatch) == set()
    QTest.keyClick(line(formula, 1), Qt.Key.Key_Escape)


def test_f6_goes_to_the_panel_though_there_is_no_table(formula: MainWindow) -> None:
    formula.activateWindow()
    formula.stage_panel.stage.setFocus()
    formula.actions_by_id["view.previous_pane"].trigger()
    focused = formula.focusWidget()
    assert focused is not None
    assert focused.isVisible()
    assert formula.experiment_panel.isAncestorOf(focused)


def test_a_name_s_tip_tells_its_update(formula: MainWindow) -> None:
    session, stage = formula.session, formula.stage_panel.stage
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    for name in ("x", "x.next"):
        assert "This update: -2.000 → -1.600" in stage.tooltip(ValueRef(name), ()).replace("−", "-")
