"""How the rows become iterations: batch size, order, rows that are held back for the test, batches per update."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.experiment.spec_error import plural
from chainrule.model.editing import edits
from chainrule.translation import gettext
from chainrule.ui.panels.data.view import HELD_BACK
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.controls import SMALL, CheckBox, Label
from chainrule.ui.widgets.fields import HOW_TO_NUDGE, Field, IntegerField, NumberField
from chainrule.ui.widgets.plain_text import plain_tip

WIDTH = 48
LABEL = 62


class BatchFields(QWidget):
    """Three lines of fields. Where an edit changes which rows are held back, training starts again: they are unseen."""

    def __init__(self, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._editing, self._appearance = editing, appearance
        self._data: DataSpec | None = None
        self._size = IntegerField(appearance, editing.refusals, self)
        self._size.set_optional(True, "all")
        tip = gettext(
            "How many rows an iteration takes; empty for all that are trained on. {how_to_nudge}",
            how_to_nudge=HOW_TO_NUDGE,
        )
        self._set_up(self._size, "data_batch_size", gettext("Batch size"), tip)
        tip = gettext("Take the rows in an order that is drawn anew each epoch. The test rows are drawn too, once")
        self._shuffle = CheckBox(appearance, gettext("shuffle"), tip, "data_shuffle", self)
        self._shuffle.setAccessibleName(gettext("Shuffle"))
        self._seed = IntegerField(appearance, editing.refusals, self)
        tip = gettext(
            "The seed that the order of the rows is drawn from, where they are shuffled. {how_to_nudge}",
            how_to_nudge=HOW_TO_NUDGE,
        )
        self._set_up(self._seed, "data_seed", gettext("Seed of the shuffling"), tip)
        self._test = NumberField(appearance, editing.refusals, self)
        tip = gettext("The part of the rows that is held back for the test: 0.2 is a fifth. Training starts again.")
        self._set_up(self._test, "data_test_size", gettext("Test fraction"), tip)
        self._mark = HeldBackMark(appearance, self)
        self._accumulate = IntegerField(appearance, editing.refusals, self)
        tip = gettext(
            "The gradients of so many batches are added up before the optimizer updates. {how_to_nudge}",
            how_to_nudge=HOW_TO_NUDGE,
        )
        self._set_up(self._accumulate, "data_accumulate", gettext("Batches per update"), tip)
        self._connect()
        self._labels = [self._label(gettext("batch size"), self._size), self._label(gettext("test part"), self._test)]
        seed = self._label("seed", self._seed)
        update = Label(appearance, gettext("update every"), self, size=SMALL, color="muted")
        update.setBuddy(self._accumulate)
        self._batches = Label(appearance, "", self, size=SMALL, color="muted")
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addLayout(ControlsLine(appearance, self._labels[0], self._size, None, self._shuffle))
        self._lines.addLayout(ControlsLine(appearance, self._labels[1], self._test, self._mark, None, seed, self._seed))
        self._lines.addLayout(ControlsLine(appearance, update, self._accumulate, self._batches, None))
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _set_up(self, field: Field, name: str, spoken: str, tip: str) -> None:
        field.setObjectName(name)
        field.setAccessibleName(spoken)
        field.set_description(tip)

    def _label(self, text: str, field: QWidget) -> Label:
        label = Label(self._appearance, text, self, size=SMALL, color="muted")
        label.setBuddy(field)
        return label

    def _connect(self) -> None:
        self._size.value_edited.connect(lambda size: self._change_size(size, by_arrow=False))
        self._size.nudged.connect(lambda size: self._change_size(size, by_arrow=True))
        self._seed.value_edited.connect(lambda seed: self._change_seed(seed, by_arrow=False))
        self._seed.nudged.connect(lambda seed: self._change_seed(seed, by_arrow=True))
        self._test.value_edited.connect(lambda fraction: self._change_test(fraction, by_arrow=False))
        self._test.nudged.connect(lambda fraction: self._change_test(fraction, by_arrow=True))
        self._accumulate.value_edited.connect(lambda batches: self._change_accumulate(batches, by_arrow=False))
        self._accumulate.nudged.connect(lambda batches: self._change_accumulate(batches, by_arrow=True))
        self._shuffle.clicked.connect(self._change_shuffle)

    def _restyle(self) -> None:
        size = self._appearance.size
        self._lines.setSpacing(size(GAP))
        for field in (self._size, self._seed, self._test, self._accumulate):
            field.setFixedWidth(size(WIDTH))
        for label in self._labels:
            label.setFixedWidth(size(LABEL))

    def show_data(self, data: DataSpec) -> None:
        """Show what the data says of its rows."""
        if data is self._data:
            return
        self._data = data
        self._size.set_value(data.batch_size)
        self._shuffle.setChecked(data.shuffle)
        self._seed.set_value(data.seed)
        self._seed.setEnabled(data.shuffle)
        self._test.set_value(data.test_size)
        self._mark.show_count(data.test_rows)
        self._accumulate.set_value(data.accumulate)
        self._batches.setText(gettext("batch") if data.accumulate == 1 else gettext("batches"))

    def controls(self) -> list[QWidget]:
        """Return the fields, line by line."""
        return [self._size, self._shuffle, self._test, self._seed, self._accumulate]

    # Edits

    def _change_size(self, size: int | None, *, by_arrow: bool) -> None:
        key = "data.batch_size" if by_arrow else None
        self._editing.apply(self._size, gettext("Change batch size"), edits.set_batch_size(size), merge_key=key)

    def _change_seed(self, seed: int, *, by_arrow: bool) -> None:
        key = "data.seed" if by_arrow else None
        change = edits.set_data_seed(seed)
        self._editing.apply(
            self._seed, gettext("Change seed of the data"), change, restart=self._holds_back, merge_key=key
        )

    def _change_test(self, fraction: float, *, by_arrow: bool) -> None:
        key = "data.test_size" if by_arrow else None
        change = edits.set_test_size(fraction)
        self._editing.apply(self._test, gettext("Change test rows"), change, restart=True, merge_key=key)

    def _change_accumulate(self, batches: int, *, by_arrow: bool) -> None:
        key = "data.accumulate" if by_arrow else None
        change = edits.set_accumulate(batches)
        self._editing.apply(self._accumulate, gettext("Change batches per update"), change, merge_key=key)

    def _change_shuffle(self, shuffle: bool) -> None:
        text = "Shuffle rows" if shuffle else "Take rows in order"
        self._editing.switch(self._shuffle, text, edits.set_shuffle(shuffle), restart=self._holds_back)

    @property
    def _holds_back(self) -> bool:
        return self._data is not None and self._data.test_rows > 0


class HeldBackMark(QWidget):
    """The legend of the table's marks: the bar of a row that is held back, and how many there are."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("data_held_back")
        self._appearance, self._text = appearance, ""
        appearance.changed.connect(self.updateGeometry)

    def show_count(self, rows: int) -> None:
        """Say how many rows are marked; nothing where none is."""
        text = str(rows) if rows else ""
        if text == self._text:
            return
        self._text = text
        words = f"{plural(rows, 'row')} with this mark: held back for the test, nothing is learned from them"
        self.setAccessibleName(words if text else "")
        self.setToolTip(plain_tip(words if text else ""))
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """What is written beside the bar."""
        return self._text

    def sizeHint(self) -> QSize:
        """Return room for the bar and the words."""
        size = self._appearance.size
        self.setFont(self._appearance.font(SMALL))
        word = self.fontMetrics().horizontalAdvance(self._text)
        return QSize(word + size(HELD_BACK + 6) if self._text else 0, size(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bar and the words."""
        with painting(self) as painter:
            if not self._text:
                return
            size, theme = self._appearance.size, self._appearance.theme
            height = size(14)
            painter.fillRect(0, (self.height() - height) // 2, size(HELD_BACK), height, QColor(theme.link))
            painter.setFont(self._appearance.font(SMALL))
            painter.setPen(QColor(theme.muted))
            painter.drawText(
                self.rect().adjusted(size(HELD_BACK + 5), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text
            )
