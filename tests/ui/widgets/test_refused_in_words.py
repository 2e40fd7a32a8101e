"""Whatever is typed into whatever field of the window: where it is refused, that is said in a person's words."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.model.editing import edits
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow

BAD = ("abc", "", "-7", "1.5", "nan", "1e400", "1e300", "0")
# Paths of files, names of Python's, and arguments of torch's, which have an underscore.
FOREIGN = re.compile(r"\$|\[\d|layers\.|\bNone\b|\b(?:float|int|str|bool|list|tuple|dict)\b|\b[a-z]+_[a-z_]+\b")
# As people do not write numbers.
NUMBER = re.compile(r"\d[eE][+-]?\d|(?<![\w“])-\d")
EXPERIMENTS = {
    "bounds": (
        edits.set_activation(0, Choice("Hardtanh", {})),
        edits.set_initialization(Choice("uniform", {})),
        edits.set_optimizer(Choice("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True})),
        edits.set_loss(Choice("HuberLoss", {"delta": 1.0})),
        edits.set_scheduler(Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 40})),
    ),
    "sequence": (
        edits.set_activation(0, Choice("Softplus", {})),
        edits.set_initialization(Choice("trunc_normal", {})),
        edits.set_optimizer(Choice("Rprop", {"lr": 0.1})),
        edits.set_scheduler(
            Choice(
                "SequentialLR",
                {"milestones": (3.0,), "schedulers": (Choice("StepLR", {"step_size": 2}), Choice("ConstantLR", {}))},
            )
        ),
    ),
    "plateau": (
        edits.set_activation(0, Choice("PReLU", {})),
        edits.set_optimizer(Choice("Adam", {"lr": 0.1})),
        edits.set_scheduler(Choice("ReduceLROnPlateau", {})),
    ),
}


def said(window: MainWindow) -> list[str]:
    """What the window says of the last thing that was typed, in the bubble or in a question; it is answered."""
    messages = [window.refusals.message] if window.refusals.message else []
    for box in window.findChildren(QMessageBox):
        if box.isVisible():
            messages.append(box.text())
            box.reject()
    window.refusals.dismiss()
    return messages


def check(message: str, typed: str) -> None:
    own = message.replace(f"“{typed}”", "“”")
    for name in INITIALIZERS:
        # The names that the list itself shows.
        own = own.replace(name, "It")
    assert not FOREIGN.search(own), message
    assert not NUMBER.search(own), message
    assert message[0].isupper() or not message[0].isalpha() or message[1] in "₁₂₃₄₅₆₇₈₉⁽", message
    assert message.endswith("."), message


def type_bad(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.setText(text)
    field.setModified(True)
    qtbot.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_field_of_the_panel_refuses_in_words(qtbot: QtBot, window: MainWindow, name: str) -> None:
    session = window.session
    for change in EXPERIMENTS[name]:
        session.editor.edit("Prepare", change)
    names = [field.objectName() for field in window.experiment_panel.findChildren(Field) if field.isVisible()]
    assert len(names) >= 12
    refused = set()
    for own in names:
        for text in BAD:
            before = session.document
            field = window.experiment_panel.findChild(Field, own)
            if field is None or not field.isVisible():
                continue
            type_bad(qtbot, field, text)
            for message in said(window):
                refused.add(own)
                check(message, text)
            if session.document is not before:
                session.undo_stack.undo()
    assert len(refused) >= len(names) - 2
