"""Text is text: whatever a file, its name, torch or the system says, the window shows it as it stands."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QHelpEvent, QTextDocument
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QMessageBox,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

import chainrule.ui
from chainrule.catalog.arguments import SpecError
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.session.files.settings import SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.widgets.plain_text import menu_text, plain_tip, title_text
from chainrule.ui.window.main_window import MainWindow

IMAGE = "<img src='file:///chainrule-pipe'>"
NAMES = sorted(Path(chainrule.ui.__file__).parent.rglob("*.py"))
TIP_CALLS = {"setToolTip": 0, "setTabToolTip": 1, "showText": 1}


def hostile(**changes: Any) -> dict[str, Any]:
    """The opening example, with an image in the place of words."""
    found: dict[str, Any] = json.loads(OPENING_EXAMPLE.read_text(encoding="utf-8"))
    return {**found, "title": IMAGE, **changes}


def rich(text: str) -> bool:
    """Whether Qt would show an image that the text names."""
    return GuiQt.mightBeRichText(text) and "<img" in text


def shown_as_html() -> Iterator[str]:
    """Where any widget, tool tip, action or box would show a text as HTML."""
    for widget in QApplication.allWidgets():
        at = f"{type(widget).__name__} {widget.objectName()}"
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText and rich(widget.text()):
            yield f"label {at}: {widget.text()}"
        if isinstance(widget, QTextEdit) and "<img" in widget.toHtml():
            yield f"document {at}"
        if rich(widget.toolTip()) or rich(widget.whatsThis()):
            yield f"tip of {at}: {widget.toolTip()}"
        for action in widget.findChildren(QAction):
            if rich(action.toolTip()):
                yield f"tip of {action.objectName()}: {action.toolTip()}"
        if isinstance(widget, QComboBox):
            tips = (widget.itemData(place, Qt.ItemDataRole.ToolTipRole) for place in range(widget.count()))
            yield from (f"item of {at}: {tip}" for tip in tips if rich(str(tip)))
        if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
            for row in range(min(20, model.rowCount())):
                for column in range(min(20, model.columnCount())):
                    tip = str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole))
                    if rich(tip):
                        yield f"cell of {at}: {tip}"


def tips_of_all(window: MainWindow) -> Iterator[str]:
    """What Qt shows when the mouse rests on each widget: the tip's own label is looked at."""
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.toolTip():
            middle = widget.rect().center()
            QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, middle, widget.mapToGlobal(middle)))
            for tip in QApplication.topLevelWidgets():
                if isinstance(tip, QLabel) and tip.isVisible() and rich(tip.text()):
                    yield tip.text()


def open_hostile(qtbot: QtBot, folder: Path, content: dict[str, Any]) -> MainWindow:
    path = folder / "<img src='pipe'> & [*].chainrule"
    path.write_text(json.dumps(content), encoding="utf-8")
    window = open_window(path, settings=SettingsStore(folder / "settings.json"))
    qtbot.addWidget(window)
    return window


def close(window: MainWindow) -> None:
    window.session.file.mark_saved(None)
    window.close()


def test_a_title_and_a_file_that_look_like_html_are_shown_as_they_stand(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_hostile(qtbot, tmp_path, hostile())
    assert window.session.timeline is not None
    window.tabs.make_the_others()
    for identifier in ("help.keys", "view.referee", "step.forward"):
        window.actions_by_id[identifier].trigger()
    window.files.used.emit(tmp_path / f"{IMAGE.replace('/', '')}.chainrule")
    window.grab()
    assert window.experiment_panel is not None
    title = window.findChild(QLabel, "document_title")
    assert title is not None
    assert "<img src='pipe'> & [*]" in title.text()
    assert "[*][*]" in window.windowTitle()
    assert list(shown_as_html()) == []
    assert list(tips_of_all(window)) == []
    names = [action.text() for action in window.menus.recent.actions()[:2]]
    assert any("<img src='pipe'> && [*]" in name for name in names)
    close(window)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("loss", {"name": IMAGE}),
        ("optimizer", {"name": IMAGE, "lr": 0.1, IMAGE: 1.0}),
        ("scheduler", {"name": IMAGE, IMAGE: IMAGE}),
        ("clipping", {"name": IMAGE, IMAGE: 1.0}),
        ("initialization", {"scheme": IMAGE, "seed": 0}),
        ("device", IMAGE),
        ("dtype", IMAGE),
        (IMAGE, 1),
        ("network", {"inputs": 2, "layers": [{"units": 2, "activation": {"name": IMAGE}}, {"units": 1}]}),
    ],
)
def test_names_that_nobody_knows_are_shown_as_they_stand(
    qtbot: QtBot, tmp_path: Path, place: str, value: object
) -> None:
    """Until the engine is there the window shows what the file says, and then why it was not opened."""
    window = open_hostile(qtbot, tmp_path, hostile(**{place: value}))
    window.grab()
    assert list(shown_as_html()) == []
    assert list(tips_of_all(window)) == []
    assert window.session.timeline is not None
    said = [box.text() for box in window.findChildren(QMessageBox)]
    assert "was not opened" in window.notice.text or "cannot compute" in "".join(said)
    window.grab()
    assert list(shown_as_html()) == []
    close(window)


def test_what_boxes_ask_is_plain(qtbot: QtBot, window: MainWindow) -> None:
    session, path = window.session, Path(f"{IMAGE.replace('/', '')}.chainrule")
    window.faults.caught(KeyError, KeyError(IMAGE), None)
    assert "<img" in window.notice.text
    window.files.refuse(session.experiment, SpecError("$.device", IMAGE), path)
    session.signals.device_failed.emit(IMAGE)
    session.editor.edit("title", lambda experiment: experiment)
    boxes = window.findChildren(QMessageBox)
    assert boxes
    assert any("<img" in box.text() + box.informativeText() for box in boxes)
    assert list(shown_as_html()) == []
    window.refusals.show(window.stage_panel, IMAGE)
    assert list(shown_as_html()) == []
    for box in boxes:
        box.reject()


@pytest.mark.parametrize("answer", ["Replace", "Cancel"])
def test_a_file_that_would_be_replaced_is_asked_for_in_plain_words(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, answer: str
) -> None:
    """Qt's own question shows the name as HTML where it looks so."""
    path = tmp_path / "<img src='pipe'>.chainrule"
    path.write_text("old", encoding="utf-8")
    window.files.save_as()
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox, "file.replace") is not None)
    box = window.findChild(QMessageBox, "file.replace")
    assert box is not None
    qtbot.waitUntil(box.isVisible)
    assert box.text() == f"{path.name} exists already."
    assert list(shown_as_html()) == []
    button = next(button for button in box.buttons() if answer in button.text())
    with qtbot.waitSignal(box.finished):
        button.click()
    if answer == "Replace":
        qtbot.waitUntil(lambda: path.read_text(encoding="utf-8").startswith("{"))
    assert (path.read_text(encoding="utf-8") == "old") == (answer == "Cancel")


def test_buttons_and_actions_have_no_text_of_others(window: MainWindow) -> None:
    assert not any("<img" in button.text() for button in window.findChildren(QAbstractButton))


def test_what_looks_like_html_is_escaped_and_all_else_stays() -> None:
    assert plain_tip("a & b < c\n<img src='x'>") == "a & b < c\n<img src='x'>"
    assert "<img" not in plain_tip("<img src='x'>")
    assert "&lt;img src=&#x27;x&#x27;&gt;" in plain_tip("<img src='x'>")
    assert menu_text("a &b\tc\nd") == "a &&b c d"
    assert title_text("a[*]") == "a[*][*]"


def test_a_tip_that_looks_like_html_is_read_as_it_stands() -> None:
    """What Qt's own document for tips makes of it."""
    document = QTextDocument()
    document.setHtml(plain_tip("<b>x</b> &amp;  y\nz"))
    assert document.toPlainText() == "<b>x</b> &amp;  y\nz"


# -------------------------------------------------------------------------------------------------------- the source


@pytest.mark.parametrize("path", NAMES, ids=lambda path: path.stem)
def test_no_module_shows_text_that_may_be_html(path: Path) -> None:
    """Labels are `PlainLabel`s, boxes come from `question`, and a tip is a constant, in the language, or made by
    `plain_tip`.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and path.stem != "plain_text":
            assert not any(isinstance(base, ast.Name) and base.id == "QLabel" for base in node.bases), node.name
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        assert name != "QLabel", f"line {node.lineno}: PlainLabel"
        assert name != "QMessageBox" or path.stem == "question", f"line {node.lineno}: question"
        assert name not in ("setWhatsThis", "setDetailedText"), f"line {node.lineno}"
        assert name != "setHtml" or path.parent.name == "help", f"line {node.lineno}"
        if name in TIP_CALLS and path.stem != "plain_text":
            text = node.args[TIP_CALLS[name]]
            made = isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id == "plain_tip"
            assert made or is_constant(text), f"line {node.lineno}: plain_tip"


def is_constant(text: ast.expr) -> bool:
    """Whether a text is the same each time: nothing is put into it."""
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Name) and text.func.id == "gettext":
        return not text.keywords and isinstance(text.args[0], ast.Constant)
    return isinstance(text, ast.Constant)
