"""The left column as a whole: before torch, the Tab key, names, sizes, themes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from chainrule.session.training import PACES, Trainer
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from tests.experiments import article, dense, mazur
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench

BEFORE_TORCH = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.session.session import Session
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.views import Views
appearance = Appearance()
session = Session(read_experiment(OPENING_EXAMPLE))
views = Views(lambda: session.moment)
panel = ExperimentPanel(session, appearance, Refusals(appearance), views)
session.setParent(panel)
views.refresh()
panel.show()
application.processEvents()
assert not panel.grab().isNull()
print(*sorted({"torch", "pyqtgraph", "qtawesome", "numpy"} & set(sys.modules)))
session.loader.close()
"""


def test_it_is_painted_without_torch() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", BEFORE_TORCH], capture_output=True, text=True, env=environment, check=True, timeout=120
    )

    assert done.stdout.strip() == ""


def test_all_can_be_chosen_before_the_engine_is_there(qtbot: QtBot, make_bench: MakeBench) -> None:
    bench = make_bench(article(), ready=False)
    names = ("layer_activation_0", "layer_activation_1", "loss_name", "optimizer_name")
    counts = [bench.choice(name).count() for name in names]
    assert min(counts) > 1
    field = bench.number("optimizer_lr")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.3")
    with qtbot.waitSignal(bench.session.signals.engine_ready, timeout=60_000):
        bench.session.loader.load()

    assert [bench.choice(name).count() for name in names] == counts
    # What was typed meanwhile is still there, in the same field.
    assert bench.number("optimizer_lr") is field
    assert field.text() == "0.3"
    assert field.hasFocus()


def test_an_edit_before_the_engine_is_there_waits_for_it(make_bench: MakeBench) -> None:
    bench = make_bench(article(), ready=False)
    bench.type("optimizer_lr", "0.3")

    assert bench.experiment.optimizer.number("lr") == 0.3
    assert bench.number("optimizer_lr").text() == "0.3"


def controls(panel: ExperimentPanel) -> list[QWidget]:
    kinds: tuple[type[QWidget], ...] = (QAbstractButton, QComboBox, QLineEdit, QTableView)
    found = [widget for kind in kinds for widget in panel.findChildren(kind)]
    return [widget for widget in found if not widget.objectName().startswith("qt_") and widget.objectName()]


def test_every_control_has_names_and_a_tooltip(bench: Bench) -> None:
    bench.click("layer_add")
    found = controls(bench.panel)

    assert len(found) > 25
    assert [w.objectName() for w in found if not w.accessibleName()] == []
    assert [w.objectName() for w in found if not w.toolTip() and not isinstance(w, QTableView)] == []


def test_the_tab_key_goes_from_top_to_bottom(bench: Bench) -> None:
    bench.click("layer_add")
    bench.click("data_more")
    first = bench.find(QWidget, "data_add_row")
    first.setFocus()
    walked = [first.objectName()]
    for _ in range(70):
        focused = bench.focused()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        focused = bench.focused()
        assert focused is not None
        if focused is first:
            break
        walked.append(focused.objectName())

    # What stands above comes last here, the tables cell by cell.
    assert walked[-7:] == ["experiment_title", *["inputs_table", "inputs_table", "targets_table"] * 2]
    walked = ["experiment_title", "inputs_table", "targets_table", *walked[:-7]]

    places = [bench.find(QWidget, name) for name in walked]
    # The seed is asked for only where rows are shuffled.
    assert walked[:12] == [
        "experiment_title", "inputs_table", "targets_table", "data_add_row", "data_remove_row", "data_paste",
        "data_more", "data_batch_size", "data_shuffle", "data_test_size", "data_accumulate",
        "network_inputs",
    ]  # fmt: skip
    assert walked[-1] == "scheduler_name"
    assert {
        widget.objectName() for widget in controls(bench.panel) if widget.isVisible() and widget.isEnabled()
    } == set(walked)
    tops = [widget.mapTo(bench.panel, widget.rect().topLeft()).y() for widget in places]
    rows = [name for name in walked if name.startswith("layer_units_")]
    assert rows == ["layer_units_0", "layer_units_1", "layer_units_2"]
    assert tops[0] < tops[1] < tops[11] < tops[-1]


@pytest.mark.parametrize("name", ["layer_bias_0", "layer_remove_0", "layer_add", "layer_freeze_weight_0"])
def test_a_click_on_a_button_leaves_the_focus_where_it_was(bench: Bench, name: str) -> None:
    field = bench.number("optimizer_lr")
    field.setFocus()
    bench.click(name)

    assert field.hasFocus()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("layer_add", Qt.Key.Key_Space),
        ("layer_bias_0", Qt.Key.Key_Space),
        ("loss_name", Qt.Key.Key_Space),
        ("inputs_table", Qt.Key.Key_Left),
        ("targets_table", Qt.Key.Key_3),
    ],
)
def test_controls_keep_their_keys_from_the_windows_shortcuts(bench: Bench, name: str, key: Qt.Key) -> None:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(bench.find(QWidget, name), event)

    assert event.isAccepted()


def test_space_presses_and_ticks(bench: Bench) -> None:
    QTest.keyClick(bench.find(QWidget, "layer_add"), Qt.Key.Key_Space)
    assert len(bench.experiment.network.layers) == 3
    QTest.keyClick(bench.find(QWidget, "layer_bias_0"), Qt.Key.Key_Space)
    assert not bench.experiment.network.layers[0].bias


def test_reseed_for_the_menu(bench: Bench) -> None:
    bench.panel.reseed(bench.experiment)

    assert bench.session.undo_stack.undoText() == "Reseed"


def test_it_says_before_each_edit_that_one_comes(bench: Bench) -> None:
    order: list[str] = []
    bench.panel.about_to_edit.connect(lambda: order.append("about"))
    bench.session.signals.document_changed.connect(lambda: order.append("changed"))
    bench.click("data_add_row")
    bench.type("optimizer_lr", "0.1")

    assert order == ["about", "changed", "about", "changed"]


def test_an_edit_in_the_middle_of_a_run_pauses_it_first(qtbot: QtBot, bench: Bench) -> None:
    session = bench.session
    trainer = Trainer(session.state, session.navigator, session.signals, bench.panel)
    trainer.set_pace(PACES[-1])
    session.signals.training_progressed.connect(bench.show)
    bench.panel.about_to_edit.connect(trainer.pause)
    field = bench.number("optimizer_lr")
    field.setFocus()
    field.selectAll()
    with qtbot.waitSignal(session.signals.training_progressed):
        trainer.start()
    QTest.keyClicks(field, "0.02")
    with qtbot.waitSignal(session.signals.training_progressed):
        pass
    assert field.text() == "0.02"
    QTest.keyClick(field, Qt.Key.Key_Return)

    assert not trainer.is_running
    assert session.experiment.optimizer.number("lr") == 0.02
    assert [session.undo_stack.text(place) for place in range(2)] == ["Run", "Change lr"]


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0])
@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_nothing_is_cut_off_at_any_text_size(make_bench: MakeBench, scale: float, scheme: Qt.ColorScheme) -> None:
    bench = make_bench(mazur())
    appearance, panel = bench.appearance, bench.panel
    appearance.set_scheme(scheme)
    while appearance.scale < scale:
        appearance.zoom(1)
    bench.click("layer_more_0")
    panel.resize(panel.sizeHint())
    QApplication.processEvents()

    assert panel.width() == appearance.size(260)
    shown = [label for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "first values" in [label.text() for label in shown]
    for label in shown:
        assert label.sizeHint().width() <= label.width(), label.text()
    for widget in controls(panel):
        left = widget.mapTo(panel, widget.rect().topLeft()).x()
        assert left >= 0, widget.objectName()
        assert left + widget.width() <= panel.width(), widget.objectName()
    assert not panel.grab().isNull()
    appearance.zoom(0)
    appearance.set_scheme(Qt.ColorScheme.Light)


class PaintCounter(QObject):
    """Counts the paint events of the widgets that it watches."""

    def __init__(self, widgets: list[QWidget]) -> None:
        super().__init__()
        self.painted: list[str] = []
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.painted.append(watched.objectName())
        return False


def test_what_does_not_change_is_not_painted_again(bench: Bench) -> None:
    """A run shows sixty moments a second, and a step changes little that is here."""
    bench.session.navigator.step_forward()
    QApplication.processEvents()
    counter = PaintCounter(bench.panel.findChildren(QWidget))
    bench.session.navigator.step_forward()
    for _ in range(50):
        bench.show()
    QApplication.processEvents()

    assert counter.painted == []


def test_no_timers_and_no_widgets_are_left(qtbot: QtBot, make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 3, 3, 1), 3))
    for _ in range(4):
        bench.click("layer_add")
        bench.undo()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    assert [timer for timer in bench.panel.findChildren(QTimer) if timer.isActive()] == []
    assert bench.panel.findChild(QLineEdit, "layer_units_3") is None
    bench.close()
    assert not isValid(bench.panel)
