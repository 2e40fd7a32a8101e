"""The window with a formula: its lines typed, and trained."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

from chainrule.session.training import record_run
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.window.main_window import MainWindow

W = TypeVar("W", bound=QWidget)


def find(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def line(window: MainWindow, index: int) -> FormulaLine:
    return find(window, FormulaLine, f"formula_line_{index}")


def train(window: MainWindow, iterations: int) -> None:
    before = window.session.state.view
    window.session.navigator.show_iteration(iterations - 1)
    record_run(window.session.state, before)
