"""Boxes that ask before something is lost or changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from chainrule.translation import gettext


def question(
    window: QWidget, name: str, text: str, more: str, icon: QMessageBox.Icon = QMessageBox.Icon.Question
) -> QMessageBox:
    """Return a box without buttons yet, gone once it is answered. `name` is its object name.

    Its words are taken as they stand: a title, a file's name or torch's reason may look like HTML.
    """
    box = _Question(window)
    box.setObjectName(name)
    box.setIcon(icon)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    box.setInformativeText(more)
    # Once more: the label of what is informative is there only now.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.finished.connect(box.deleteLater)
    return box


def ask_to_replace(
    window: QWidget,
    name: str,
    text: str,
    more: str,
    then: Callable[[], None],
    show: Callable[[QMessageBox], None] = QMessageBox.open,
) -> None:
    """Ask before something is replaced; `then` does it where the answer is yes. `show` shows the box."""
    box = question(window, name, text, more)
    replace_it = box.addButton(gettext("Replace"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.finished.connect(lambda _: then() if box.clickedButton() is replace_it else None)
    # The file dialog that it may come from is not done before this returns.
    QTimer.singleShot(0, box, lambda: show(box))


def ask_to_replace_file(
    window: QWidget,
    name: str,
    path: Path,
    then: Callable[[], None],
    show: Callable[[QMessageBox], None] = QMessageBox.open,
) -> None:
    """Ask the same before a file is replaced."""
    text = gettext("{name} exists already.", name=path.name)
    ask_to_replace(window, name, text, gettext("Replace it?"), then, show)


class _Question(QMessageBox):
    """A box whose every answer has a key: Alt and a letter of it, which no other has."""

    def showEvent(self, event: QShowEvent) -> None:
        """Mark a letter of each answer that has none."""
        super().showEvent(event)
        plain = [(button, button.text()) for button in self.buttons()]
        taken = {text[text.index("&") + 1].lower() for _, text in plain if "&" in text[:-1]}
        for button, text in plain:
            place = next((i for i, sign in enumerate(text) if sign.isalnum() and sign.lower() not in taken), None)
            if "&" not in text and place is not None:
                taken.add(text[place].lower())
                button.setText(f"{text[:place]}&{text[place:]}")


def cpu_question(
    window: QWidget,
    name: str,
    text: str,
    reason: str,
    offer: str,
    icon: QMessageBox.Icon = QMessageBox.Icon.Question,
) -> QMessageBox:
    """Return a box that offers the CPU in place of a device that cannot compute.

    `offer` is what is to be done there.
    """
    box = question(window, name, text, gettext("{reason}\n\n{offer} on the CPU?", reason=reason, offer=offer), icon)
    box.addButton(gettext("{offer} on the CPU", offer=offer), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    return box
