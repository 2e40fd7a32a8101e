"""Where the timeline's marks and their labels are, for the micro-steps of one iteration in a bar of one size."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.timeline.layout import (
    PHASES,
    PhaseMarks,
    centers,
    group_at,
    label_left,
    labels_that_fit,
    lay_out_marks,
    marks_of,
    with_label_of,
)
from chainrule.ui.timeline.steps import Steps

# Top and height of the rows.
HEADING = (6, 16)
MARKS = (26, 16)
LABELS = (46, 16)
HEADING_FONT = 11.5
# Of labels and of what stands below their line.
LABEL_FONTS = (11, 9.5)
SPACE = 18.0

MarkRow = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MarkPlaces:
    """The phases' groups of marks, the labels below them, and the rows that both are in."""

    groups: tuple[PhaseMarks, ...]
    widths: tuple[float, ...]
    lefts: tuple[float, ...]
    # Whose labels have room, before that of the cursor is one of them.
    fitting: tuple[int, ...]
    marks: MarkRow
    labels: MarkRow

    @classmethod
    def of(cls, steps: Steps, appearance: Appearance, left: float, right: float, *, has_labels: bool) -> MarkPlaces:
        """Place the marks of the steps between two x."""
        heading = QFontMetricsF(appearance.font(HEADING_FONT, bold=True))
        least = {name: heading.horizontalAdvance(name.capitalize()) + 2 for name in PHASES}
        groups = lay_out_marks(steps.phases, least, left, right - left, appearance.size(SPACE))
        letters, indices = (QFontMetricsF(appearance.font(font)).horizontalAdvance for font in LABEL_FONTS)
        named = zip(steps.labels, steps.indices, strict=True)
        widths = tuple(letters(label.removesuffix(index)) + indices(index) for label, index in named)
        placed = zip(centers(groups)[: len(widths)], widths, strict=True)
        lefts = tuple(label_left(middle, width, left, right) for middle, width in placed)
        fitting = labels_that_fit(lefts, widths, steps.leaders) if has_labels else ()
        return cls(groups, widths, lefts, fitting, in_pixels(appearance, MARKS), in_pixels(appearance, LABELS))

    @property
    def right(self) -> float:
        """Where the last mark ends."""
        return self.groups[-1].right if self.groups else 0.0

    def mark(self, index: int) -> QRectF:
        """Return where a micro-step's mark is."""
        return marks_of(self.groups, index).mark(index, *self.marks)

    def step_at(self, x: float) -> int:
        """Return the micro-step whose mark is nearest to x."""
        return group_at(self.groups, x).step_at(x)

    def labels_with(self, current: int | None) -> dict[int, QRectF]:
        """Return where the labels that are shown are, by micro-step; that of the current one is among them."""
        shown = self.fitting
        if shown and current is not None:
            shown = with_label_of(current, shown, self.lefts, self.widths)
        top, height = self.labels
        return {index: QRectF(self.lefts[index], top, self.widths[index], height) for index in shown}


def in_pixels(appearance: Appearance, row: tuple[int, int]) -> MarkRow:
    """Return top and height of a row at the chosen text size."""
    return appearance.size(row[0]), appearance.size(row[1])
