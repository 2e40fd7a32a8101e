"""A panel on the bench: a session, the panel beside it, and the wires that the main window has."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.session import Session
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import IntegerField, NumberField
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.views import Views

W = TypeVar("W", bound=QWidget)


class Bench:
    """What the tests work with."""

    def __init__(self, experiment: Experiment, *, ready: bool = True) -> None:
        self.appearance = Appearance()
        self.session = Session(experiment)
        self.refusals = Refusals(self.appearance)
        self._views = Views(lambda: self.session.moment)
        self.panel = ExperimentPanel(self.session, self.appearance, self.refusals, self._views)
        for part in (self.appearance, self.session, self.refusals):
            part.setParent(self.panel)
        self.pauses = 0
        self.panel.about_to_edit.connect(self._count_pause)
        session = self.session
        for signal in (
            session.signals.document_changed,
            session.signals.cursor_moved,
            session.signals.selection_changed,
        ):
            signal.connect(self.show)
        self.show()
        self.panel.resize(self.panel.sizeHint())
        self.panel.show()
        if ready:
            assert session.timeline is not None

    def _count_pause(self) -> None:
        self.pauses += 1

    def show(self) -> None:
        """Pass the moment on, as the main window does."""
        self._views.refresh()

    def close(self) -> None:
        """Take everything away."""
        if not isValid(self.panel):
            return
        self.session.loader.close()
        self.panel.close()
        self.panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    @property
    def experiment(self) -> Experiment:
        """The experiment on the screen."""
        return self.session.experiment

    def find(self, kind: type[W], name: str) -> W:
        """The widget of a name."""
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def number(self, name: str) -> NumberField:
        """A field for a number."""
        return self.find(NumberField, name)

    def integer(self, name: str) -> IntegerField:
        """A field for an integer."""
        return self.find(IntegerField, name)

    def choice(self, name: str) -> ChoiceField:
        """A field for a name."""
        return self.find(ChoiceField, name)

    def table(self, name: str) -> DataView:
        """A table."""
        return self.find(DataView, name)

    def type(self, name: str, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
        """Type over what a field shows, and press a key."""
        field = self.find(QWidget, name)
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text) if text else QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClick(field, key)

    def click(self, name: str) -> None:
        """Click in the middle of a button."""
        QTest.mouseClick(self.find(QWidget, name), Qt.MouseButton.LeftButton)

    def choose(self, name: str, entry: str) -> None:
        """Choose the entry of a list that begins with some letters, as a click in the open list does."""
        field = self.choice(name)
        field.choose(next(text for text in self.entries(name) if text.startswith(entry)))

    def entries(self, name: str) -> list[str]:
        """What there is to choose from in a list."""
        field = self.choice(name)
        return [field.itemText(place) for place in range(field.count())]

    def pick(self, name: str, entry: str) -> None:
        """Choose an entry of a list, as a click in the open list does."""
        self.choice(name).choose(entry)

    def paste(self, text: str) -> None:
        """Put text on the clipboard and paste it by the button."""
        QGuiApplication.clipboard().setText(text)
        self.click("data_paste")

    def undo(self) -> None:
        """Take the last edit back."""
        assert self.session.undo_stack.canUndo()
        self.session.undo_stack.undo()

    def focused(self) -> QWidget | None:
        """The widget that the keyboard is at."""
        return QApplication.focusWidget()
