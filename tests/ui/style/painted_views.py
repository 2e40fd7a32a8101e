"""What the check of painting has on the screen: something in every view, and in each part that paints."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QDeadlineTimer, QEventLoop, Qt, QVariantAnimation
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from chainrule.catalog.formula_argument import FormulaText
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.model.files.storage import read_experiment
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.reading import text_source
from chainrule.model.importing.sketch import Plane, Sketch, SketchPoint
from chainrule.model.navigation import Stride
from chainrule.resource_files import resources_directory
from chainrule.session.race_quantities import RacePlane
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.files.sharing import ShareDialog
from chainrule.ui.flow.view import VALUES, FlowView
from chainrule.ui.hall.lecturer import LecturerWindow
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.hall.preview import HallPreview
from chainrule.ui.hall.travel import TravellingValues
from chainrule.ui.importing.class_rows import ClassButton
from chainrule.ui.importing.preview import PreviewTable
from chainrule.ui.importing.sketch_pad import SketchPad
from chainrule.ui.learned.pixels import PixelChart
from chainrule.ui.lesson.prose import ProseView
from chainrule.ui.plots.path_chart import PathChart
from chainrule.ui.race.chart import LOST, RaceChart, RacePicture, RacePoint
from chainrule.ui.race.curves import CurvesChart, CurvesPicture
from chainrule.ui.race.plane import PlaneChart, PlanePicture
from chainrule.ui.rows.view import RowsView
from chainrule.ui.scripts.script_editor import ScriptEditor
from chainrule.ui.tour.tour import Shade
from chainrule.ui.typesetting.formula_field import FormulaField
from chainrule.ui.widgets.bubble import Bubble
from chainrule.ui.widgets.cell_editor import CellEditor
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.formulas import formula_experiment

RACED: dict[type, Any] = {
    RaceChart: RacePicture(
        "lr",
        True,
        (RacePoint(0, 0.1, 1.0, 0), RacePoint(1, 0.2, 0.5, 0), RacePoint(2, 0.4, None, 0)),
        ((QColor("green"), LOST),),
        1,
    ),
    PlaneChart: PlanePicture(RacePlane(side=2), np.array([[1.0, 2.0], [np.nan, 9.0]]), np.eye(2) > 0, 5.0, 0),
    CurvesChart: CurvesPicture((0,), np.array([[2.0], [1.0]]), 1, ((QColor("red"), LOST),), 0, "lr 1", 5.0),
}


HOURS_MS = 100_000_000
CLASSES_FILE = "three-classes.chainrule"


def open_classes(window: MainWindow) -> None:
    """Open what most of the views have something of, and train it a little."""
    window.session.file.open(read_experiment(resources_directory() / "experiments" / CLASSES_FILE), None)
    for _ in range(3):
        window.session.navigator.move(Stride.ITERATION)
    for _ in range(2):
        window.session.navigator.step_back()
    QApplication.processEvents()


def open_what_is_painted(window: MainWindow, kind: type) -> None:
    """Open an experiment that a class has something to paint of: the window is that of the test before."""
    if "hall" in vars(window.beside):
        window.beside.hall.close()
    if kind.__module__.startswith("chainrule.ui.hall"):
        show_to_a_hall(window, kind)
        return
    if kind is ProseView:
        window.lessons.open(shipped_lessons()[0])
        QApplication.processEvents()
        return
    network = window.session.experiment.network
    if kind is PathChart:
        window.session.file.open(formula_experiment("q = x + y", "f = q*z"), None)
    elif kind is PixelChart:
        window.session.file.open(dense((16, 2), 4), None)
    elif kind is Shade:
        window.actions_by_id["help.tour"].trigger()
    elif network.formula or network.inputs != 2:
        open_classes(window)
        read_rows(window)
        show_histograms(window)


def show_to_a_hall(window: MainWindow, kind: type) -> None:
    """Open the hall in the middle of an iteration, with a stroke of the pen, and what the lecturer's screen has.

    What travels travels in the window, very slowly: nothing is to move while pictures of it are compared.
    """
    if window.appearance.motion.is_reduced != (kind is not TravellingValues):
        window.appearance.motion.toggle()
    if kind is TravellingValues:
        window.actions_by_id["motion.toggle"].trigger()
        travel = window.stage_panel.stage.findChild(TravellingValues)
        assert travel is not None
        patience = QDeadlineTimer(20_000)
        while not travel.is_moving and not patience.hasExpired():
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        assert travel.is_moving
        animation = travel.findChild(QVariantAnimation)
        assert animation is not None
        animation.setDuration(HOURS_MS)
        animation.setCurrentTime(HOURS_MS * 2 // 3)
        return
    window.session.navigator.move(Stride.MICRO_STEP)
    window.actions_by_id["hall.open"].trigger()
    hall = window.beside.hall
    assert hall.window is not None
    hall.show.pen.press((0.2, 0.2))
    hall.show.pen.move((0.4, 0.4))
    if kind is HallPreview:
        picture = hall.window.findChild(HallPicture)
        assert picture is not None
        lecturer = LecturerWindow(
            picture, hall.show, {key.id: hall.actions[key.id] for key in HALL_KEYS}, window.appearance
        )
        lecturer.setParent(hall.window, Qt.WindowType.Window)
        lecturer.show()
    QApplication.processEvents()


def read_rows(window: MainWindow) -> None:
    """Have the view of rows read them, which it does while it is looked at."""
    rows, before = window.tabs.view("rows"), window.tabs.chosen.id
    assert isinstance(rows, RowsView)
    window.show()
    window.tabs.choose("rows")
    while rows.reader.table is None:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    window.tabs.choose(before)


def show_a_wrong_formula(window: MainWindow) -> None:
    """Put a field for a formula into the window, in which something is missing."""
    field = FormulaField(window.appearance, window.refusals, window)
    field.declare(FormulaText("formula", "z +", "formula", names=("z",)))
    field.show_value("z +")
    field.show()


def show_parts_of_dialogs(window: MainWindow) -> None:
    """Put into the window what dialogs paint, and a cell in which something is wrong."""
    appearance = window.appearance
    script = ScriptEditor(appearance, window)
    script.setPlainText("import torch\n")
    table = PreviewTable(ImportDraft.of(text_source("a,b\n1,2\n")), appearance, window)
    cell = CellEditor(window, appearance, ())
    cell.setText("1/")
    cell.mark(1)
    sketch = Sketch((SketchPoint(1.0, 1.0),))
    pad, button = SketchPad(sketch, Plane(), appearance, window), ClassButton(appearance, 0, window)
    pad.resize(200, 200)
    parts = (script, table, cell, ShareDialog(appearance, "chainrule:1.", window), pad, button)
    for part in parts:
        part.show()


def show_a_race(window: MainWindow, kind: type) -> None:
    """Show a chart of the race with something on it; its tab may be away at first."""
    window.actions_by_id["view.tab_race"].trigger()
    QApplication.processEvents()
    charts = window.tabs.view("race").charts
    charts.setCurrentIndex([type(charts.widget(at)) for at in range(charts.count())].index(kind))
    charts.currentWidget().show_picture(RACED[kind])


def show_runs(window: MainWindow) -> None:
    """Show the list of runs as it is once nothing moves."""
    window.actions_by_id["view.tab_runs"].trigger()
    QApplication.processEvents()
    while window.tabs.view("runs").find_next_end():
        pass


def show_rules(window: MainWindow) -> None:
    """Show the table of conventions once all of it is computed."""
    window.tabs.choose("rules")
    QApplication.processEvents()
    while window.tabs.view("rules").slicer.is_active:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    # What it says below may need more lines, and the table a scroll bar beside it.
    size = None
    while size != (size := window.tabs.view("rules").size()):
        QApplication.processEvents()


def show_list_or_race(window: MainWindow, kind: type, tab: str) -> None:
    """Show what only comes by itself once it was asked for, where that is to be painted."""
    if kind in RACED and tab == "race":
        show_a_race(window, kind)
    if kind is Bubble:
        # Whatever else is done closes it.
        window.refusals.show(window.stage_panel.stage, "no")
    inspector = window.beside.referee_panel.inspector
    if kind.__module__ == "chainrule.ui.referee.table":
        if not window.beside.referee_panel.isVisible():
            window.actions_by_id["view.referee"].trigger()
        if inspector.report is None:
            inspector.verify(1)
        while inspector.is_running:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    if kind.__module__ == "chainrule.ui.runs.table" and tab == "runs":
        show_runs(window)
    if kind.__module__ == "chainrule.ui.rules.table" and tab == "rules":
        show_rules(window)


def show_histograms(window: MainWindow) -> None:
    view = window.tabs.view("flow")
    assert isinstance(view, FlowView)
    view.toggles[VALUES].click()
    view.read_whole()
