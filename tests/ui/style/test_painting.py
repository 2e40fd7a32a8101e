"""Painting that fails: whatever raises, wherever in it, is told once, and everything is painted again."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyqtgraph import AxisItem
from PySide6.QtCore import QEventLoop, QObject
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractItemView, QApplication, QGraphicsItem, QGraphicsView, QHeaderView, QWidget

import chainrule.ui
from chainrule.session import referee
from chainrule.ui.app import open_window
from chainrule.ui.learned.chart import LearnedChart
from chainrule.ui.plots.layer_bars import LayerBars
from chainrule.ui.plots.path_chart import PathChart
from chainrule.ui.stage.painting.painting import StagePainter
from chainrule.ui.style import painting
from chainrule.ui.widgets.scroll_area import PlainScrollArea
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.ui.style.painted_views import (
    open_classes,
    open_what_is_painted,
    read_rows,
    show_a_wrong_formula,
    show_histograms,
    show_list_or_race,
    show_parts_of_dialogs,
)

METHODS = ("paintEvent", "paint", "paintSection", "drawBackground", "drawForeground")
CALLS = ("setPen", "setBrush", "setFont", "fillRect", "drawText", "drawLine", "drawRoundedRect", "drawPath")
CALLS += ("drawRect", "drawEllipse", "drawPolyline", "drawPixmap", "drawImage", "translate", "scale", "setRenderHint")


def painted_classes() -> list[tuple[type, str]]:
    """Every class of the window that paints, with the method in which it does."""
    found: dict[tuple[type, str], None] = {}
    for info in pkgutil.walk_packages(chainrule.ui.__path__, "chainrule.ui."):
        for _, kind in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
            if kind.__module__.startswith("chainrule.ui.") and issubclass(kind, QObject | QGraphicsItem):
                found |= {(kind, name): None for name in METHODS if name in vars(kind)}
    return sorted(found, key=lambda pair: (pair[0].__module__, pair[0].__qualname__, pair[1]))


# The others paint nothing themselves.
PAINTED = [
    pytest.param(kind, method, id=f"{kind.__module__}.{kind.__name__}.{method}")
    for kind, method in painted_classes()
    if kind.__name__ not in ("MainWindow", "_BareHandle")
]


# More than any method makes.
MANY_CALLS = 1_000_000


class Fuse:
    """Lets one call of a painter raise: that after `left` others, counted within one method."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code: object = None
        self.left = -1
        self.fault: type[Exception] = ArithmeticError
        self.made: list[QPainter] = []
        for name in CALLS:
            monkeypatch.setattr(QPainter, name, self._fused(getattr(QPainter, name)))
        made = self.made

        class Recorded(QPainter):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments)
                made.append(self)

        monkeypatch.setattr(painting, "QPainter", Recorded)

    def _fused(self, call: Any) -> Any:
        def called(painter: QPainter, *arguments: Any, **named: Any) -> Any:
            if self.left >= 0 and self._is_within():
                self.left -= 1
                if self.left < 0:
                    raise self.fault("while painting")
            return call(painter, *arguments, **named)

        return called

    def _is_within(self) -> bool:
        frame = sys._getframe(2)
        while frame is not None and frame.f_code is not self.code:
            frame = frame.f_back  # type: ignore[assignment]
        return frame is not None


@pytest.fixture(scope="module")
def full_window(qapp: QApplication) -> Iterator[MainWindow]:
    """The window with something in every view, and the windows beside it."""
    with pytest.MonkeyPatch.context() as patch:
        # The referee does not wait long for the user to be idle.
        patch.setattr(referee, "IDLE_MS", 5)
        window = open_window()
    assert window.session.timeline is not None  # waits for the engine
    open_classes(window)
    window.loss_plot.populate()
    window.gradient_plot.populate()
    window.tabs.make_the_others()
    read_rows(window)
    window.actions_by_id["view.referee"].trigger()
    window.beside.help_window.show()
    # Beside its pane, for once.
    window.findChild(QWidget, "pane_strip.timeline").show()
    window.experiment_panel.data.more.click()
    show_a_wrong_formula(window)
    show_histograms(window)
    show_parts_of_dialogs(window)
    window.refusals.show(window.stage_panel.stage, "no")
    inspector = window.beside.referee_panel.inspector
    while inspector.report is None or inspector.is_running:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    yield window
    window.beside.help_window.close()
    window.session.file.mark_saved(None)
    window.close()
    window.deleteLater()
    QApplication.processEvents()


def targets(kind: type, method: str) -> Iterator[QWidget]:
    """Widgets in sight whose painting goes through a class."""
    for widget in QApplication.allWidgets():
        if not widget.isVisible():
            continue
        if isinstance(widget, kind) and inspect.getattr_static(type(widget), method) is vars(kind)[method]:
            yield widget.viewport() if isinstance(widget, QHeaderView) or hasattr(widget, "scene") else widget
        elif isinstance(widget, QAbstractItemView):
            if isinstance(widget.itemDelegate(), kind):
                yield widget.viewport()
        elif hasattr(widget, "scene") and any(isinstance(item, kind) for item in widget.scene().items()):
            yield widget.viewport()


def bring_into_sight(widget: QWidget) -> None:
    """Scroll to a widget."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, PlainScrollArea):
        area = area.parentWidget()
    if area is not None:
        area.ensureWidgetVisible(widget)
        QApplication.processEvents()


def forget_pictures(widget: QWidget) -> None:
    """Have pyqtgraph paint its axes anew, rather than the picture of one."""
    chart = widget.parentWidget()
    for item in chart.scene().items() if isinstance(chart, QGraphicsView) else ():
        if isinstance(item, AxisItem):
            item.picture = None


def has_something_to_paint(widget: QWidget, fuse: Fuse) -> bool:
    """Whether a painter is called at all: a formula without a mistake has no line below it."""
    bring_into_sight(widget)
    forget_pictures(widget)
    fuse.left = MANY_CALLS
    widget.repaint()
    called, fuse.left = fuse.left < MANY_CALLS, -1
    return called


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


@pytest.mark.parametrize(("kind", "method"), PAINTED)
def test_an_error_while_painting_is_told_once_and_all_is_painted_again(
    full_window: MainWindow, monkeypatch: pytest.MonkeyPatch, kind: type, method: str
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "excepthook", lambda *fault: told.append(fault))
    fuse, failures = Fuse(monkeypatch), 0
    fuse.code = vars(kind)[method].__code__
    open_what_is_painted(full_window, kind)
    for tab in TABS:
        full_window.tabs.choose(tab.id)
        QApplication.processEvents()
        if kind is PathChart:
            full_window.tabs.view("path").draw()
        if kind is LearnedChart or tab.id == "slope":
            # Not once all is still.
            full_window.tabs.view("fit" if kind is LearnedChart else "slope").draw()
        show_list_or_race(full_window, kind, tab.id)
        # The gradients layer by layer take the place of their curves.
        if full_window.gradient_plot.shows_layers != (kind is LayerBars):
            full_window.gradient_plot.by_layer.click()
            QApplication.processEvents()
        target = next((widget for widget in targets(kind, method) if has_something_to_paint(widget, fuse)), None)
        if target is not None:
            break
    assert target is not None, "nothing that this class paints is in sight"
    before = picture(target)
    for place in range(12):
        told.clear()
        # Another fault each time: one that is known of a part is not told again.
        fuse.fault = type(f"Fault{place}of{method}", (ArithmeticError,), {})
        for _ in range(3):
            forget_pictures(target)
            fuse.left = place
            target.repaint()
            blown, fuse.left = fuse.left < 0, -1
        QApplication.processEvents()
        if not blown:
            break
        failures += 1
        assert [fault[0] for fault in told] == [fuse.fault], [str(f[1]) for f in told]
        assert not any(painter.isActive() for painter in fuse.made)
        target.repaint()
        assert picture(target) == before
    assert failures
    assert len(told) <= 1


def test_painters_are_made_in_one_place() -> None:
    for path in sorted(Path(chainrule.ui.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        made = [
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("QPainter", "QStylePainter")
        ]
        assert made == [] or path == Path(painting.__file__), f"{path.name}: {made}"


@pytest.mark.parametrize(("kind", "method"), PAINTED)
def test_everything_that_is_painted_is_inside_of_what_ends_it(kind: type, method: str) -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(vars(kind)[method])))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    *first, last = function.body
    assert isinstance(last, ast.With)
    used = ast.unparse(last.items[0].context_expr.func)  # type: ignore[attr-defined]
    assert used == ("painting" if method == "paintEvent" else "painting_part")
    for statement in first:
        # A docstring, Qt's own part, and what a delegate's view and model are.
        assert isinstance(statement, ast.Expr | ast.Assert | ast.Assign), ast.unparse(statement)


def test_a_stage_that_cannot_be_painted_is_told_once_and_steps_on(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hook, said, stage = sys.excepthook, [], window.stage_panel.stage
    window.session.signals.noticed.connect(said.append)
    window.faults.install()
    try:
        with monkeypatch.context() as broken:
            broken.setattr(StagePainter, "paint_numbers", lambda *_: 1 / 0)
            for _ in range(5):
                window.session.navigator.step_forward()
                stage.repaint()
                QApplication.processEvents()
            assert picture(stage).pixelColor(5, 5) == QColor(window.appearance.theme.surface)
    finally:
        sys.excepthook = hook
    assert len(said) == 1
    assert "ZeroDivisionError: division by zero" in said[0]
    assert "paint_numbers" in capsys.readouterr().err
    stage.repaint()
    assert window.session.cursor.position == 5
    with_notice = picture(stage)
    window.session.navigator.step_back()
    window.session.navigator.step_forward()
    assert picture(stage) == with_notice
