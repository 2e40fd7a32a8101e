"""The page of File > Sketch data: a plane that points are drawn into, and what is drawn with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.sentences.refusals import as_sentence
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.sketch import (
    LARGE,
    MOST_POINTS,
    Plane,
    Sketch,
    SketchHistory,
    check_side,
    sketch_of,
)
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.importing.class_rows import ClassRows
from chainrule.ui.importing.page import Taking
from chainrule.ui.importing.sketch_pad import SCATTER, SPACING, SketchPad
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import CHEVRON, ChoiceField
from chainrule.ui.widgets.controls import SMALL, CheckBox, Label, LinkButton
from chainrule.ui.widgets.fields import Field, IntegerField, NumberField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import ScrolledColumn
from chainrule.ui.window.screen import within_screen

CLASSES, CURVE = "classes", "a curve"
KINDS = {
    CLASSES: "Points of classes: x and y are the inputs, and the class is the target",
    CURVE: "Points along a curve: x is the input, and y the target",
}
NUMBER, SMALL_NUMBER = 66, 46
MOST_PIXELS = 200
KEYS = gettext_noop(
    "Click or drag to draw, with the right button to erase. Keys: ← → ↑ ↓ move a crosshair (with Shift in fine steps), "
    "Space sets a point, Delete erases, 1 to 9 and 0 choose the class."
)
APPENDS = gettext_noop("Add these points to the rows that are there; network and loss stay")
# Goes on with the draft on the page of an import.
Looking = Callable[[ImportDraft], None]


class SketchDialog(QDialog):
    """A pad, and beside it what is drawn: classes or a curve, how dense, in which part of the plane."""

    def __init__(
        self,
        sketch: Sketch,
        plane: Plane,
        experiment: Experiment,
        appearance: Appearance,
        take: Taking,
        look: Looking,
        parent: QWidget,
    ) -> None:
        """`take` puts the points in place of the data, or adds them, and may refuse with `SpecError`."""
        super().__init__(parent)
        self.setObjectName("sketch_dialog")
        self.setWindowTitle(gettext("Sketch data"))
        self._appearance, self._experiment, self._make_edit, self._look = appearance, experiment, take, look
        self._history, self._plane, self._refusals = SketchHistory(sketch), plane, Refusals(appearance, self)
        self.pad = SketchPad(sketch, plane, appearance, self)
        self._said = Label(appearance, "", self, size=SMALL, color="muted")
        self._said.setObjectName("sketch_said")
        self._where = Label(appearance, "", self, size=SMALL, color="muted")
        self._where.setObjectName("sketch_where")
        self._words = Label(appearance, "", self)
        self._words.setObjectName("sketch_words")
        self._words.setWordWrap(True)
        # So that the plane stays where it is while more is said.
        self._words.setMinimumHeight(2 * self._words.fontMetrics().lineSpacing())
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._make_controls()
        self._lay_out()
        self.pad.sketched.connect(self._put)
        self.pad.grown.connect(self._show_counts)
        self.pad.pointed.connect(self._where.setText)
        self.pad.label_chosen.connect(self._draw_with)
        self.pad.erasing_chosen.connect(self._set_erasing)
        for key, act in (("Undo", self._undo), ("Redo", self._redo)):
            for sequence in QKeySequence.keyBindings(QKeySequence.StandardKey[key]):
                QShortcut(sequence, self, act)
        self._show()
        self.resize(within_screen(self, appearance.size(900), appearance.size(640)))
        self.pad.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def sketch(self) -> Sketch:
        """What has been drawn."""
        return self._history.sketch

    @property
    def plane(self) -> Plane:
        """What of the plane is in sight."""
        return self._plane

    # The controls

    def _make_controls(self) -> None:
        appearance = self._appearance
        self.kind = ChoiceField(appearance, "sketch_kind", gettext("What points are"), self)
        self.kind.set_choices(KINDS)
        self.kind.choice_edited.connect(self._choose_kind)
        widest = max(map(self.kind.fontMetrics().horizontalAdvance, KINDS))
        self.kind.setFixedWidth(widest + appearance.size(CHEVRON + 18))
        self.classes = ClassRows(self.sketch, appearance, self._refusals, self)
        self.classes.chosen.connect(self._draw_with)
        self.classes.changed.connect(self._put)
        tip = gettext("Drag over points to take them away (E); the right button does so at any time")
        self.eraser = CheckBox(appearance, gettext("eraser (E)"), tip, "sketch_eraser", self)
        self.eraser.toggled.connect(self._set_erasing)
        tip = gettext("How far the points of a stroke are from each other, in pixels")
        self.spacing = self._field(IntegerField, "sketch_spacing", gettext("Spacing"), SPACING, tip, self._set_spacing)
        tip = gettext("How far points may come to lie beside the stroke, by chance, in pixels")
        self.scatter = self._field(IntegerField, "sketch_scatter", gettext("Scatter"), SCATTER, tip, self._set_scatter)
        self.ends = [
            self._field(NumberField, f"sketch_{name}", f"{axis} {word}", 0.0, tip, self._set_plane)
            for axis, ends in (("x", ("left", "right")), ("y", ("bottom", "top")))
            for name, word, tip in zip(ends, ("from", "to"), _tips(axis), strict=True)
        ]
        self.undo = self._link(gettext_noop("undo"), gettext("Take the last stroke back (Ctrl+Z)"), self._undo)
        self.redo = self._link(gettext_noop("redo"), gettext("Draw it again (Ctrl+Shift+Z)"), self._redo)
        self.clear = self._link(gettext_noop("clear"), gettext("Take all points away"), self._clear)
        self.begin = self._link(
            gettext_noop("begin with the rows there"), gettext("Go on from the rows of the experiment"), self._begin
        )
        try:
            sketch_of(self._experiment)
        except SpecError as error:
            self.begin.setEnabled(False)
            self.begin.set_tip(as_sentence(error.message))

    def _field(
        self, kind: type[Field], name: str, label: str, value: float, tip: str, use: Callable[[Field, Any], None]
    ) -> Field:
        field = kind(self._appearance, self._refusals, self)
        field.setObjectName(name)
        field.setAccessibleName(label)
        field.set_description(f"{tip}.")
        field.setFixedWidth(self._appearance.size(NUMBER if kind is NumberField else SMALL_NUMBER))
        field.set_value(value)
        field.value_edited.connect(lambda number: use(field, number))
        field.nudged.connect(lambda number: use(field, number))
        return field

    def _link(self, words: str, tip: str, act: Callable[[], None]) -> LinkButton:
        button = LinkButton(self._appearance, gettext(words), tip, f"sketch_{words.replace(' ', '_')}", self)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        beside = QWidget(self)
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, self._appearance.size(4), 0)
        column.setSpacing(self._appearance.size(7))
        left, right, bottom, top = self.ends
        for line in (
            (self._muted(gettext("points are")), self.kind, None),
            (self.classes,),
            (self.eraser, None),
            (self._muted("spacing"), self.spacing, self._muted("scatter"), self.scatter, None),
            (self._muted(gettext("x from")), left, self._muted(gettext("to")), right, None),
            (self._muted(gettext("y from")), bottom, self._muted(gettext("to")), top, None),
            (self.undo, self.redo, self.clear, None),
            (self.begin, None),
        ):
            column.addLayout(ControlsLine(self._appearance, *line))
        column.addStretch(1)
        below = QHBoxLayout()
        for label in (self._said, self._where):
            # What they say changes with each move of the mouse: the window is not to be as wide as that.
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            below.addWidget(label, 1)
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight)
        keys = Label(self._appearance, gettext(KEYS), self, size=SMALL, color="muted")
        keys.setWordWrap(True)
        drawing = QVBoxLayout()
        drawing.addWidget(self.pad, 1)
        drawing.addLayout(below)
        drawing.addWidget(keys)
        both = QHBoxLayout()
        both.setSpacing(self._appearance.size(12))
        both.addLayout(drawing, 1)
        both.addWidget(ScrolledColumn(beside, self._appearance, self))
        lines = QVBoxLayout(self)
        lines.addLayout(both, 1)
        lines.addWidget(self._words)
        # So that a refusal beside a button hides none of it.
        lines.addSpacing(self._appearance.size(12))
        lines.addWidget(self._make_buttons())

    def _muted(self, text: str) -> Label:
        return Label(self._appearance, text, self, color="muted")

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.look = self._button(
            gettext("&Look at it…"), "sketch_look", gettext("Show the rows, and choose what is done with them")
        )
        self.append = self._button(gettext("&Add to the rows"), "sketch_append", gettext(APPENDS))
        tip = gettext("Put these points in the place of all rows that are there; Ctrl+Z brings them back")
        self.replace = self._button(gettext("&Replace the data"), "sketch_replace", tip)
        self.replace.setAutoDefault(True)
        self.replace.setDefault(True)
        self.look.clicked.connect(self._look_at_it)
        self.append.clicked.connect(lambda: self._take(append=True))
        self.replace.clicked.connect(lambda: self._take(append=False))
        for button in (self.look, self.append, self.replace):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        return buttons

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setToolTip(plain_tip(tip))
        button.setAutoDefault(False)
        return button

    # What is drawn with

    def _choose_kind(self, kind: str) -> None:
        self._put(replace(self.sketch, curve=kind == CURVE))

    def _draw_with(self, label: int) -> None:
        """Draw points of a class from now on, and no longer erase."""
        if label < len(self.sketch.classes) and not self.sketch.curve:
            self.pad.label = label
            self._set_erasing(False)
            self.classes.show_sketch(self.sketch, label)

    def _set_erasing(self, erasing: bool) -> None:
        self.pad.erasing = erasing
        self.eraser.setChecked(erasing)
        self.pad.update()

    def _set_spacing(self, field: Field, pixels: int) -> None:
        if self._take_pixels(field, pixels, 1):
            self.pad.spacing = pixels

    def _set_scatter(self, field: Field, pixels: int) -> None:
        if self._take_pixels(field, pixels, 0):
            self.pad.scatter = pixels

    def _take_pixels(self, field: Field, pixels: int, least: int) -> bool:
        if not least <= pixels <= MOST_PIXELS:
            field.refuse(f"a whole number from {least} to {MOST_PIXELS} is needed")
            return False
        field.set_value(pixels)
        return True

    def _set_plane(self, field: Field, number: float) -> None:
        left, right, bottom, top = (number if each is field else each.value for each in self.ends)
        try:
            self._plane = Plane(check_side(left, right), check_side(bottom, top))
        except SpecError as error:
            field.refuse(error.message)
            return
        self._show()

    # The sketch

    def _put(self, sketch: Sketch) -> None:
        self._history.put(sketch)
        self._show()

    def _undo(self) -> None:
        self._history.undo()
        self._show()

    def _redo(self) -> None:
        self._history.redo()
        self._show()

    def _clear(self) -> None:
        self._put(replace(self.sketch, points=()))

    def _begin(self) -> None:
        """Go on from the rows of the experiment, with all of them in sight."""
        found = sketch_of(self._experiment)
        self._plane = Plane.around(found.points)
        self._put(found)

    def _show(self) -> None:
        """Show the sketch in all parts, and what its points would become."""
        sketch, history = self.sketch, self._history
        self.pad.label = min(self.pad.label, len(sketch.classes) - 1)
        self.pad.show_sketch(sketch, self._plane)
        self.kind.set_choice(CURVE if sketch.curve else CLASSES)
        self.classes.setVisible(not sketch.curve)
        for field, number in zip(self.ends, (*self._plane.across, *self._plane.up), strict=True):
            field.set_value(number)
        self.undo.setEnabled(history.can_undo)
        self.redo.setEnabled(history.can_redo)
        self.clear.setEnabled(bool(sketch.points))
        self._show_counts(sketch)
        self._show_words()

    def _show_counts(self, sketch: Sketch) -> None:
        self.classes.show_sketch(sketch, self.pad.label)
        count = len(sketch.points)
        words = plural(count, "point")
        if count >= MOST_POINTS:
            words += ", as many as there may be"
        elif hidden := sum(not self._plane.holds(point.x, point.y) for point in sketch.points):
            words += f", {hidden:,} of them out of sight"
        self._said.setText(words)

    def _show_words(self) -> None:
        """Say what replacing the data will do, or why nothing can be done with these points."""
        refusal = self._refusal(append=True)
        self.append.setEnabled(refusal is None)
        self.append.setToolTip(plain_tip(gettext(APPENDS) if refusal is None else as_sentence(refusal)))
        refusal = self._refusal(append=False)
        self.replace.setEnabled(refusal is None)
        self.look.setEnabled(bool(self.sketch.points))
        if refusal is not None:
            self._words.setText(as_sentence(refusal))
            self._words.set_color("muted")
            return
        draft = self.sketch.draft()
        words = draft.in_words(self._experiment)
        if draft.plan.standardize or draft.plan.standardize_targets:
            words += f" Columns with numbers beyond {LARGE:g} are standardized."
        self._words.setText(words)
        self._words.set_color("text")

    def _refusal(self, *, append: bool) -> str | None:
        """Return why the points cannot come in so; None where they can."""
        try:
            self.sketch.draft().outline(self._experiment, append=append)
        except SpecError as error:
            return error.message
        return None

    def _look_at_it(self) -> None:
        draft = self.sketch.draft()
        self.accept()
        self._look(draft)

    def _take(self, *, append: bool) -> None:
        """Put the points in place, and close; what is refused is said beside the button."""
        try:
            self._make_edit(self.sketch.draft().edit(self._experiment, append=append), append)
        except SpecError as error:
            self._refusals.show(self.append if append else self.replace, as_sentence(error.message))
            return
        if append:
            # Added again they would be there twice.
            self._history.put(replace(self.sketch, points=()))
        self.accept()


def _tips(axis: str) -> tuple[str, str]:
    if axis == "x":
        return "Where the plane begins at the left", "Where it ends at the right"
    return "Where the plane begins at the bottom", "Where it ends at the top"
