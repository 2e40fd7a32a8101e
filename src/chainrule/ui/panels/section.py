"""What the panels' sections have in common."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SectionHeading

# The rhythm: between lines of a section, and between controls of a line.
GAP = 6


class PanelSection(QWidget):
    """A heading with lines of controls under it."""

    # What of a moment it shows.
    shows = Change.EXPERIMENT

    # Controls came or went: their order for the Tab key is to be set anew.
    controls_changed = Signal()

    def __init__(self, title: str, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.appearance = appearance
        self.setAccessibleName(title)
        self.heading = SectionHeading(appearance, title, self)
        self.lines = QVBoxLayout(self)
        self.lines.setContentsMargins(0, 0, 0, 0)
        self.lines.addWidget(self.heading)
        appearance.changed.connect(self._space)
        self._space()

    def put_beside_heading(self, widget: QWidget) -> None:
        """Let a small control stand at the right of the heading, where it takes no line of its own."""
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lines.insertLayout(0, ControlsLine(self.appearance, self.heading, widget))

    def _space(self) -> None:
        self.lines.setSpacing(self.appearance.size(GAP))

    def is_about(self, experiment: Experiment) -> bool:
        """Return whether an experiment has what the section is about: a formula has no data, a network no lines."""
        return True

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show what a moment says of the section."""
        raise NotImplementedError

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        raise NotImplementedError


class ControlsLine(QHBoxLayout):
    """Controls side by side; None is what room there is."""

    def __init__(self, appearance: Appearance, *widgets: QWidget | None) -> None:
        super().__init__()
        self._appearance = appearance
        self.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            if widget is None:
                self.addStretch(1)
            else:
                self.addWidget(widget)
        appearance.changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        self.setSpacing(self._appearance.size(GAP))
