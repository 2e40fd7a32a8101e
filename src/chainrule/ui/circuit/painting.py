"""Painting a formula: nodes with their operators, wires in the colour of what they carry, and the numbers on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from chainrule.catalog.values.refs import ValueRef
from chainrule.session.screen.moment import Moment, Selection, is_asked
from chainrule.ui.circuit.lengths import NAME, NAME_FONT, PAD, SIGN, SIGN_FONT
from chainrule.ui.stage.layout.geometry import Density, Items, NodeCard, Wire
from chainrule.ui.stage.layout.places import NumberPlace, StagePlaces
from chainrule.ui.stage.painting.numbers import NumberPainter
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.engine.program.steps import MicroStep

# How much of its colour a wire has, where the micro-step is elsewhere, and where there is none.
DIMMED, RESTING = 0.35, 0.6


class CircuitPainter:
    """Paints one moment of a formula. Made anew for each paint, so that nothing in it can be stale."""

    def __init__(self, painter: QPainter, moment: Moment, items: Items, scale: float, appearance: Appearance) -> None:
        """Paint these items of a stage of that scale."""
        self._p, self._moment, self._items, self._s = painter, moment, items, scale
        self._theme = appearance.theme
        self._numbers = NumberPainter(painter, moment, scale, appearance)

    def places(self) -> StagePlaces:
        """Return where everything is for every moment at the same micro-step and with the same selection."""
        step = self._moment.lit
        wires = () if step is None else (wire for wire in self._items.wires if not _is_read(wire, step))
        # The value is on each wire that leaves its node, and is read at the end of one.
        resting = {id(cell) for wire in wires for cell in wire.cells[:1]}
        places = (self._numbers.place(cell, rests=id(cell) in resting) for cell in self._items.cells())
        return StagePlaces(tuple(places), ())

    def edge_widths(self, places: StagePlaces) -> None:
        """Return None: a formula has no edges, and few wires."""

    def paint_moving(self, places: StagePlaces) -> None:
        """Paint what is below all else, and changes with every iteration: the wires."""
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        for wire in self._items.wires:
            self._p.setPen(self._wire_pen(wire))
            self._p.drawPath(wire.path)

    def paint_still(self, places: StagePlaces) -> None:
        """Paint what stays as long as the same micro-step is on the screen: nodes, names, and what is marked."""
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        for node in self._items.nodes:
            if node.density is not Density.DOT:
                self._paint_node(node)
        for place in self._known(places):
            self._numbers.paint_box(place)
        for rect, text in self._items.notes:
            align = Qt.AlignmentFlag.AlignLeft
            self._numbers.text(rect, text, self._theme.muted, self._numbers.small, align)

    def paint_numbers(self, places: StagePlaces) -> None:
        """Paint the numbers, on top."""
        known = self._known(places)
        for place in known:
            self._numbers.paint_number(place)
        if self._moment.overrides:
            self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in known:
                self._numbers.paint_by_hand(place)
        if self._moment.pointed_at:
            self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in known:
                self._numbers.paint_pointed_at(place)

    def _known(self, places: StagePlaces) -> list[NumberPlace]:
        """Return what has a number now, or is asked for; the place of any other stays empty, but for the dot of a
        node.
        """
        moment = self._moment
        return [
            place
            for place in places.cells
            if place.cell.is_dot
            or moment.number(place.slot.ref, place.index) is not None
            or is_asked(moment, Selection(place.slot.ref, place.index))
        ]

    def _wire_pen(self, wire: Wire) -> QPen:
        """Return a pen in the colour of the sign of what it carries.

        Stronger where the micro-step reads or writes it.
        """
        moment, theme, step = self._moment, self._theme, self._moment.lit
        number = moment.number(wire.ref, ())
        if number is None:
            return QPen(QColor(theme.border), 1.4 * self._s)
        if wire.gradient is not None and wire.gradient == moment.written:
            return QPen(self._numbers.phase, 2.6 * self._s)
        involved = step is not None and (wire.ref == step.writes or _is_read(wire, step))
        color = theme.signed(number) if number - number == 0 else QColor(theme.error)
        amount = 1.0 if involved else RESTING if step is None else DIMMED
        return QPen(theme.tint(color, amount), (2.2 if involved else 1.6) * self._s)

    def _paint_node(self, node: NodeCard) -> None:
        """Paint a box with the sign of the operator and below it the name, or with the name of an input."""
        p, theme, s = self._p, self._theme, self._s
        lit = self._moment.lit
        is_written = lit is not None and node.name == lit.writes
        p.setPen(QPen(self._numbers.phase if is_written else QColor(theme.border), 2.2 if is_written else 1.2))
        p.setBrush(theme.written_ground(self._numbers.phase) if is_written else QColor(theme.surface))
        p.drawRoundedRect(node.rect, 8 * s, 8 * s)
        name = self._numbers.notation.text(ValueRef(node.name))
        line = QRectF(node.rect.left(), node.rect.top() + PAD * s, node.rect.width(), SIGN * s)
        if node.sign:
            self._write(line, node.sign, theme.text, SIGN_FONT)
            line = QRectF(line.left(), line.bottom(), line.width(), NAME * s)
            self._write(line, name, theme.muted, NAME_FONT)
        else:
            self._write(line, name, theme.text, SIGN_FONT)

    def _write(self, rect: QRectF, text: str, color: str, size: float) -> None:
        """Write in the middle of a node's line, with … where it is too long."""
        font = self._numbers.font(size, bold=size == SIGN_FONT)
        inner = rect.adjusted(4 * self._s, 0, -4 * self._s, 0)
        metrics = QFontMetricsF(font)
        if metrics.horizontalAdvance(text) > inner.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
        self._numbers.text(inner, text, color, font, Qt.AlignmentFlag.AlignHCenter)


def _is_read(wire: Wire, step: MicroStep) -> bool:
    """Return whether a step reads what a wire carries, and at that wire's end: others that leave the same node rest."""
    if wire.ref not in step.named:
        return False
    rule = step.node
    node = "" if rule is None else rule.through if rule.is_backward else rule.writes
    return not node or node in wire.readers
