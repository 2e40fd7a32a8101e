"""Events reach a widget so that what fails there is told, and does not end the program."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot

import chainrule
from chainrule.catalog.values import refs
from chainrule.session.selector import Selector
from chainrule.ui.window.main_window import MainWindow

SOURCE = Path(chainrule.__file__).parent
OVERRIDES = {"event", "viewportEvent", "notify"}


def test_nobody_overrides_the_events_of_a_widget() -> None:
    """Inside of such an override an error that C code raises is a crash."""
    found = [
        f"{path.name}: {node.name}"
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in OVERRIDES
    ]
    assert found == []


def test_a_click_without_memory_for_it_is_told(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        # Of C code: one that Python raises is another thing for PySide6.
        bytes(1 << 62)

    stage = window.stage_panel.stage
    rect = stage.rect_of(refs.weight(0), (0, 0))
    assert rect is not None
    left = Qt.MouseButton.LeftButton
    at = QPointF(rect.center())
    click = QMouseEvent(
        QEvent.Type.MouseButtonPress, at, QPointF(stage.mapToGlobal(at)), left, left, Qt.KeyboardModifier.NoModifier
    )
    with monkeypatch.context() as broken, qtbot.capture_exceptions() as raised:
        broken.setattr(Selector, "select", fail)
        # As the event loop hands it over.
        QCoreApplication.postEvent(stage, click)
        qtbot.waitUntil(lambda: bool(raised))
    assert [kind for kind, _, _ in raised] == [MemoryError]
