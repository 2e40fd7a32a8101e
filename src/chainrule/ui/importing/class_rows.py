"""The classes of a sketch: one is chosen to draw with, all can be called otherwise, and there can be more or fewer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.sketch import LEAST_CLASSES, MOST_CLASSES, Sketch
from chainrule.translation import gettext
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.plots.chart.palette import class_color, class_mark
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Button, Label, LinkButton
from chainrule.ui.widgets.fields import HEIGHT
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.text_fields import ExpressionField

NAME, COUNT = 118, 40
MARK = 5.5


class ClassButton(Button):
    """The mark of a class, and the digit that chooses it; framed while it is the one that is drawn."""

    def __init__(self, appearance: Appearance, label: int, parent: QWidget) -> None:
        self._label, self._count = label, 0
        # The tenth is 0, as on the keyboard.
        self._digit = str((label + 1) % MOST_CLASSES)
        super().__init__(appearance, "", f"Draw points of this class ({self._digit})", f"sketch_class_{label}", parent)
        self.setCheckable(True)

    def set_count(self, count: int) -> None:
        """Take the colour that the class has among so many."""
        if count != self._count:
            self._count = count
            self.update()

    def wanted_size(self) -> QSize:
        """Return room for the digit and the mark."""
        return QSize(self.appearance.size(42), self.appearance.size(HEIGHT))

    def paint_content(self, painter: QPainter) -> None:
        """Paint the digit and the mark."""
        theme, size, rect = self.appearance.theme, self.appearance.size, QRectF(self.rect())
        surface = QColor(theme.surface)
        if self.isChecked():
            surface = theme.shown_row
            painter.setPen(QPen(QColor(theme.link), 1.5))
            painter.setBrush(surface)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(self.appearance.font(SMALL))
        painter.setPen(QColor(theme.text if self.underMouse() else theme.muted))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect.adjusted(size(6), 0, 0, 0), left, self._digit)
        at = QPointF(rect.right() - size(13), rect.center().y())
        color = class_color(self.appearance, self._label, self._count)
        class_mark(self._label).paint(painter, at, color, surface, MARK * self.appearance.scale)


class ClassRows(QWidget):
    """A row for each class: its mark, its name, and how many points it has."""

    # Which class is drawn from now on, and the sketch with other classes.
    chosen = Signal(int)
    changed = Signal(object)

    def __init__(self, sketch: Sketch, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._refusals, self._sketch, self._label = appearance, refusals, sketch, 0
        self.buttons: list[ClassButton] = []
        self.names: list[ExpressionField] = []
        self._counts: list[Label] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(appearance.size(3))
        for label in range(MOST_CLASSES):
            self._add_row(label)
        self.more = LinkButton(appearance, gettext("+ class"), gettext("One class more"), "sketch_more_classes", self)
        self.more.clicked.connect(lambda: self.changed.emit(self._sketch.with_class()))
        tip = gettext("One class less: the last one goes, with its points")
        self.less = LinkButton(appearance, gettext("− class"), tip, "sketch_fewer_classes", self)
        self.less.clicked.connect(lambda: self.changed.emit(self._sketch.without_class()))
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addLayout(self._grid)
        lines.addLayout(ControlsLine(appearance, self.more, self.less, None))
        self.show_sketch(sketch, 0)

    def _add_row(self, label: int) -> None:
        appearance = self._appearance
        button = ClassButton(appearance, label, self)
        button.clicked.connect(lambda: self._choose(label))
        name = ExpressionField(appearance, self._refusals, self)
        name.setObjectName(f"sketch_name_{label}")
        name.setAccessibleName(gettext("Name of class {number}", number=label + 1))
        name.set_description(gettext("What the class is called."))
        name.setMinimumWidth(appearance.size(NAME))
        name.value_edited.connect(lambda text: self._rename(label, text))
        count = Label(appearance, "", self, size=SMALL, color="muted")
        count.setMinimumWidth(appearance.size(COUNT))
        for column, widget in enumerate((button, name, count)):
            self._grid.addWidget(widget, label, column)
        self.buttons.append(button)
        self.names.append(name)
        self._counts.append(count)

    def show_sketch(self, sketch: Sketch, label: int) -> None:
        """Show the classes of a sketch, and which of them is drawn."""
        self._sketch, self._label = sketch, label
        counts = sketch.counts()
        rows = zip(self.buttons, self.names, self._counts, strict=True)
        for place, (button, name, count) in enumerate(rows):
            is_there = place < len(sketch.classes)
            button.set_count(len(sketch.classes))
            for widget in (button, name, count):
                widget.setVisible(is_there)
            button.setChecked(place == label)
            if is_there:
                name.set_value(sketch.classes[place])
                button.set_tip(
                    gettext(
                        "Draw points of class {classes} ({number})",
                        classes=sketch.classes[place],
                        number=(place + 1) % MOST_CLASSES,
                    )
                )
                count.setText(f"{counts[place]:,}")
                count.setAccessibleName(f"{counts[place]:,} points of class {sketch.classes[place]}")
        self.more.setEnabled(len(sketch.classes) < MOST_CLASSES)
        self.less.setEnabled(len(sketch.classes) > LEAST_CLASSES)
        self.less.setVisible(len(sketch.classes) > LEAST_CLASSES)
        self.more.setVisible(len(sketch.classes) < MOST_CLASSES)

    def _choose(self, label: int) -> None:
        # One of them is always chosen.
        self.buttons[label].setChecked(True)
        self.chosen.emit(label)

    def _rename(self, label: int, name: str) -> None:
        try:
            sketch = self._sketch.with_name(label, name)
        except SpecError as error:
            self.names[label].refuse(error.message)
            return
        self.changed.emit(sketch)
