"""Painting numbers in their cells: how each takes part in the micro-step, its name, its digits, or a dot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from chainrule.catalog.experiment.targets import has_classes, ignored_class
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.screen.moment import Moment, Selection, is_asked
from chainrule.ui.stage.layout.geometry import Cell
from chainrule.ui.stage.layout.places import CellContent, Emphasis, Marks, NumberPlace, shown
from chainrule.ui.stage.painting.apart import digits_of
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_stretched

FONT = 12.0
# No text of the stage is smaller than this at scale 1: names beside numbers, and numbers.
SMALL = 11.0
# How wide the letters of a number are, in percent: one with a power of ten has narrower ones before it is left out.
NARROWEST = 76
WIDTHS = (100, 87, NARROWEST)
# The least between the name of a number and the number.
NAME_GAP = 2.5
# In the place of a number that is asked for, and as a mark beside one, that wide.
QUESTION, MARK = "?", 14.0
# Joined once: Python's flags are slow to join, and every number is drawn with these.
_ONE_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class NumberPainter:
    """Paints the numbers of one moment, and texts beside them. Made anew for each paint."""

    def __init__(self, painter: QPainter, moment: Moment, scale: float, appearance: Appearance) -> None:
        """Paint on a stage of that scale."""
        self._p, self._moment, self._s = painter, moment, scale
        self._appearance, self._theme = appearance, appearance.theme
        self.marks, self.notation = Marks(moment), Notation.of(moment.experiment)
        self.small, self._label_widths = self.font(SMALL), dict[str, float]()
        theme = self._theme
        self._signed = (theme.signed(1.0), theme.signed(0.0), theme.signed(-1.0))
        # Pale, but no paler than can be read.
        self._dimmed = (theme.dim(theme.signed(1.0)), theme.signed(0.0), theme.dim(theme.signed(-1.0)))
        self._muted, self._text_color = QColor(theme.muted), QColor(theme.text)
        self._number_fonts: dict[bool, tuple[tuple[float, QFont], ...]] = {}
        self._peaks: dict[tuple[ValueRef, int], float] = {}
        self._has_classes = has_classes(moment.experiment)
        self.phase = theme.phase(moment.lit.phase.value) if moment.lit else QColor(theme.text)

    def place(self, cell: Cell, *, rests: bool = False) -> NumberPlace:
        """Return where a cell's number is written, and how, for every moment at the same micro-step.

        One that `rests` is read elsewhere, but not there.
        """
        item, s = shown(cell, self._moment), self._s
        mark = self.marks.of(item.slot.ref, item.index)
        if item.number is None or (rests and mark is Emphasis.READ):
            mark = Emphasis.DIMMED if mark is not Emphasis.FOCUS else mark
        inner, label = cell.rect.adjusted(3 * s, 0, -3 * s, 0), "" if cell.is_dot or cell.is_titled else item.slot.label
        if label:
            inner.setLeft(inner.left() + self._label_width(label) + NAME_GAP * s)
        strong = mark in (Emphasis.FOCUS, Emphasis.WRITTEN) and self._moment.lit is not None
        is_right = label or cell.is_on_wire
        align = Qt.AlignmentFlag.AlignRight if is_right else Qt.AlignmentFlag.AlignHCenter
        colors = self._number_colors(item, mark)
        return NumberPlace(cell, item.slot, item.index, mark, inner, self._fonts(strong), align | _ONE_LINE, colors)

    def _label_width(self, label: str) -> float:
        if label not in self._label_widths:
            self._label_widths[label] = QFontMetricsF(self.small).horizontalAdvance(label)
        return self._label_widths[label]

    def _fonts(self, bold: bool) -> tuple[tuple[float, QFont], ...]:
        """Return the fonts of numbers with the width of a character, which is the same for all of them."""
        if bold not in self._number_fonts:
            found = []
            for width in WIDTHS:
                font = self.font(SMALL, bold=bold, mono=True)
                font.setStretch(width)
                found.append((QFontMetricsF(font).horizontalAdvance("0"), font))
            self._number_fonts[bold] = tuple(found)
        return self._number_fonts[bold]

    def font(self, size: float = FONT, *, bold: bool = False, mono: bool = False) -> QFont:
        """Return a font at the scale of the stage."""
        return self._appearance.font(size * self._s / self._appearance.scale, bold=bold, mono=mono)

    def text(self, rect: QRectF, text: str, color: QColor | str, font: QFont, align: Qt.AlignmentFlag) -> None:
        """Write a line."""
        self._p.setFont(font)
        self._p.setPen(QColor(color) if isinstance(color, str) else color)
        self._p.drawText(rect, align | _ONE_LINE, text)

    def paint_box(self, place: NumberPlace) -> None:
        """Paint what is around a number: how it takes part in the micro-step, and its name."""
        p, s, cell = self._p, self._s, place.cell
        fill, border = self._fill(place)
        if fill is not None:
            p.setPen(QPen(border, 1.3) if border is not None else Qt.PenStyle.NoPen)
            p.setBrush(fill)
            p.drawRoundedRect(cell.rect.adjusted(0.5, 1, -0.5, -1), 3.5 * s, 3.5 * s)
        if place.slot.label and not cell.is_dot and not cell.is_titled:
            inner = cell.rect.adjusted(3 * s, 0, -3 * s, 0)
            self.text(inner, place.slot.label, self._muted, self.small, Qt.AlignmentFlag.AlignLeft)

    def paint_number(self, place: NumberPlace) -> None:
        """Paint the digits, in the colour of their sign; a dot where there is no room for them."""
        number, positive, zero, negative = self._moment.number(place.slot.ref, place.index), *place.colors
        color = zero if not number else positive if number > 0 else negative
        if number is not None and number - number != 0:  # inf or NaN
            color = self._theme.dim(self._theme.error) if place.mark is Emphasis.DIMMED else QColor(self._theme.error)
        asked = self._moment.asked is not None and is_asked(self._moment, Selection(place.slot.ref, place.index))
        texts = [QUESTION if asked else "·"] if number is None else self._number_texts(place, number)
        color = self.phase if asked and number is None else color
        width = place.rect.width() + 0.01
        for text in () if place.cell.is_dot else texts:
            for advance, font in place.fonts:
                if len(text) * advance <= width:
                    self._p.setFont(font)
                    self._p.setPen(color)
                    draw_stretched(self._p, place.rect, place.align, text)
                    if asked and number is not None:
                        self._paint_question(place.cell.rect)
                    return
        self._paint_dot(place, number, color)

    def _paint_question(self, rect: QRectF) -> None:
        """Paint a mark at the corner of a number that is asked for as it will be: what it is now stays to be read."""
        p, size, bold = self._p, MARK * self._s, self.font(SMALL, bold=True)
        mark = QRectF(rect.right() - size / 2, rect.top() - size / 2, size, size)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(QColor(self._theme.surface), 1))
        p.setBrush(self.phase)
        p.drawEllipse(mark)
        self.text(mark, QUESTION, self._theme.surface, bold, Qt.AlignmentFlag.AlignHCenter)

    def _paint_dot(self, place: NumberPlace, number: float | None, color: QColor) -> None:
        """Paint a number without room, in its sign's colour, the stronger the larger it is among those of its value.

        Digits are never left out of a number: one that does not fit is not written.
        """
        rect, s, share = place.cell.rect, self._s, 0.0
        if number is not None and number - number == 0:
            peak = self._peak(place.slot.ref)
            share = 0.2 + 0.8 * min(1.0, abs(number) / peak) ** 0.5 if number and peak else 0.0
        elif number is not None:
            share = 1.0
        radius = min(rect.width(), rect.height(), 14 * s) / 2 - 1
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._p.setPen(QPen(QColor(self._theme.border) if number is None else color, 1))
        self._p.setBrush(self._theme.tint(color if not number else self._theme.signed(number), share))
        self._p.drawEllipse(rect.center(), radius, radius)

    def _peak(self, ref: ValueRef) -> float:
        """Return the largest magnitude of a value, of the shown sample where it has them."""
        key = (ref, self._moment.sample)
        if key not in self._peaks:
            rows = self._moment.lists(ref)
            sample = self._moment.sample_of(ref)
            self._peaks[key] = _largest(rows if rows is None or sample is None else rows[sample])
        return self._peaks[key]

    def paint_by_hand(self, place: NumberPlace) -> None:
        """Paint a dashed outline around a number set by hand.

        Its dot alone where the place shows another one just now.
        """
        moment, s, color, cell = self._moment, self._s, QColor(self._theme.by_hand), place.cell
        rect, ref, index = cell.rect.adjusted(1, 1.5, -1, -1.5), place.slot.ref, place.index
        if moment.number(ref, index) is not None and moment.is_overridden(ref, index):
            self._p.setPen(self._theme.by_hand_pen())
            self._p.setBrush(Qt.BrushStyle.NoBrush)
            self._p.drawRoundedRect(rect, 3.5 * s, 3.5 * s)
        elif not any(
            moment.is_known(slot.ref) and moment.is_overridden(slot.ref, cell.index(slot, moment.sample_of(slot.ref)))
            for slot in cell.slots
        ):
            return
        self._p.setPen(QPen(QColor(self._theme.surface), 1))
        self._p.setBrush(color)
        self._p.drawEllipse(rect.topRight() - QPointF(0.5, -0.5), 3.2 * s, 3.2 * s)

    def paint_pointed_at(self, place: NumberPlace) -> None:
        """Paint a frame around a number that a lesson speaks of, also where it is not known yet."""
        moment, s, cell = self._moment, self._s, place.cell
        slots = ((slot.ref, cell.index(slot, moment.sample_of(slot.ref))) for slot in cell.slots)
        shown = moment.number(place.slot.ref, place.index) is not None
        pointed = (place.slot.ref, place.index) if shown else next(slots, (place.slot.ref, place.index))
        if not any(moment.is_pointed_at(*each) for each in (pointed, (place.slot.ref, place.index))):
            return
        self._p.setPen(self._theme.pointing_pen(s))
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        self._p.drawRoundedRect(cell.rect.adjusted(-1, -0.5, 1, 0.5), 4.5 * s, 4.5 * s)

    def _fill(self, place: NumberPlace) -> tuple[QColor | None, QColor | None]:
        theme, mark = self._theme, place.mark
        if mark is Emphasis.FOCUS:
            lit = self._moment.lit
            written = lit is not None and place.slot.ref == lit.writes
            color = self.phase if written else QColor(theme.link)
            return theme.focus_ground(color), color
        if mark is Emphasis.WRITTEN:
            return theme.written_ground(self.phase), theme.tint(self.phase, 0.5)
        if mark is Emphasis.READ:
            return QColor(theme.read), QColor(theme.read_border)
        return None, None

    def _number_colors(self, item: CellContent, mark: Emphasis) -> tuple[QColor, QColor, QColor]:
        """Return the colours of numbers: blue and orange are signs, whatever the value.

        The phase is told by what is around the number.
        """
        if item.number is None:
            return self._muted, self._muted, self._muted
        if item.slot.ref == refs.TARGET and self._has_classes:
            return self._text_color, self._text_color, self._text_color
        return self._dimmed if mark is Emphasis.DIMMED else self._signed

    def _number_texts(self, place: NumberPlace, number: float) -> list[str]:
        """Return a number as it is written everywhere; a class with the output that it means.

        An old value and its new one have the digits that tell them apart, if there is room for these.
        """
        ref, digits = place.slot.ref, self._moment.digits
        if ref == refs.TARGET and self._has_classes:
            if number == ignored_class(self._moment.experiment.loss):
                class_text = f"class {format_short(number)}"
                return [f"{class_text} (ignored)", class_text]
            network, wanted = self._moment.experiment.network, int(number)
            output = self.notation.neuron(len(network.layers) - 1, wanted)
            named = self._moment.experiment.data.names.class_name(number)
            if named and 0 <= wanted < network.outputs:
                return [f"{named} ({output})", f"class {wanted} ({output})"]
            return [f"class {wanted} ({output})" if 0 <= wanted < network.outputs else f"class {wanted}"]
        if ref in (refs.INPUT, refs.TARGET):
            return [format_short(number, digits)]
        more = digits_of(self._moment, ref, place.index)
        usual = format_number(number, digits)
        return [usual] if more == digits else [format_number(number, more), usual]


def _largest(numbers: Any) -> float:
    """Return the largest finite magnitude among nested numbers."""
    if isinstance(numbers, Sequence):
        return max(map(_largest, numbers), default=0.0)
    return abs(float(numbers)) if numbers is not None and numbers - numbers == 0 else 0.0
