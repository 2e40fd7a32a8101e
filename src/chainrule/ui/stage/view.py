"""The stage: the network with its live numbers. Click to select one, double-click (or F2, or type) to edit it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing.repairs import Repair
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Moment, Selection, is_editable
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.stage.hand import StageHand
from chainrule.ui.stage.layout.finding import rect_of, value_at
from chainrule.ui.stage.layout.geometry import StageLayout
from chainrule.ui.stage.layout.layouts import StageLayouts
from chainrule.ui.stage.painting.close_up import CloseUp, close_ups
from chainrule.ui.stage.painting.close_up_painting import CloseUpPainter
from chainrule.ui.stage.painting.heat import HeatImages
from chainrule.ui.stage.painting.layers import Digits, StageLayers, part_in_sight
from chainrule.ui.stage.tips import NeuronPictures, picture_tip, tip_of
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.fields import NumberField
from chainrule.ui.widgets.offering import offer_repairs
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.hints import STAGE

# How far Ctrl and an arrow key move the view; with Alt they do where that changes no number.
PAN = 60
_MOVING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
_ARROWS = {
    Qt.Key.Key_Left: QPoint(PAN, 0),
    Qt.Key.Key_Right: QPoint(-PAN, 0),
    Qt.Key.Key_Up: QPoint(0, PAN),
    Qt.Key.Key_Down: QPoint(0, -PAN),
}
NOT_EDITABLE = gettext_noop("Select the number to be changed first: by a click, or with Shift+N and N.")


class StageView(QWidget):
    """Draws the moment and turns clicks into selections and edits.

    `pulled` says by how many pixels the view is to move, `pinched` by what factor it is to be zoomed, and where.
    """

    about_to_edit = Signal()
    pulled = Signal(QPoint)
    pinched = Signal(float, QPoint)

    def __init__(self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("stage")
        self.setAccessibleName(gettext("Network"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._session, self._appearance, self._refusals = session, appearance, refusals
        self._moment = session.moment
        self._images, self._layers = HeatImages(), StageLayers()
        # In a picture what lies below shows through, and all is drawn anew: what was kept are dots.
        self.is_in_picture = False
        # What it is laid out for: without a canvas around it that is its own size.
        self._room: QSizeF | None = None
        self._hand = StageHand(self, session, refusals, self._can_edit)
        self._layouts = StageLayouts(appearance)
        # Those of the layout with that number.
        self._close_ups: dict[int, list[CloseUp]] = {}
        self._close_ups_of = 0
        self.pictures: NeuronPictures | None = None
        self._editor: NumberField | None = None
        # What is typed in it belongs to that number, whatever else is selected, and to that place in the data.
        self._edited: Selection | None = None
        self._edited_place: object = None
        appearance.changed.connect(self._forget_layout)

    def show_moment(self, moment: Moment) -> None:
        """Draw a moment."""
        self._moment = moment
        name = gettext("Formula") if moment.experiment.network.formula else gettext("Network")
        if name != self.accessibleName():
            self.setAccessibleName(name)
        self.setAccessibleDescription(self._description())
        self._keep_editor()
        self.update()

    def show_pictures(self, pictures: NeuronPictures | None) -> None:
        """Show in each neuron with room for it a small picture, or with None no longer."""
        self.pictures = pictures
        self._layouts.has_pictures = pictures.suit if pictures is not None else lambda _: False
        self._forget_layout()

    def show_digits(self, digits: Digits) -> None:
        """Paint the numbers of each moment; or keep those that are painted, as long as nobody can read them."""
        before, self._layers.digits = self._layers.digits, digits
        if digits is Digits.LIVE and before is not digits:
            self.update()

    @property
    def moment(self) -> Moment:
        """The moment on the screen."""
        return self._moment

    # Layout

    def stage_layout(self) -> StageLayout:
        """Return where everything is now."""
        layout = self._layouts.layout(self._moment, self._room or QSizeF(self.size()))
        if self._layouts.made != self._close_ups_of:
            self._close_ups_of = self._layouts.made
            self._close_ups.clear()
        return layout

    def largest_size(self) -> QSizeF:
        """Return the size beyond which there is nothing more to be shown."""
        return self._layouts.largest(self._moment)

    @property
    def wanted_height(self) -> float:
        """How high it should be for all of what it draws; 0 where that does not depend on it."""
        return self._layouts.wanted_height(self._moment)

    def make_room(self, room: QSizeF) -> None:
        """Lay out for a room, and be as large as the layout comes out."""
        self._room = room
        size = self.stage_layout().size.toSize()
        if size != self.size():
            self.resize(size)
            self._keep_editor()

    def _forget_layout(self) -> None:
        self._layouts.forget()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the moment."""
        with painting(self) as painter:
            moment, layout, theme = self._moment, self.stage_layout(), self._appearance.theme
            ground = theme.tint("#000000", 0)
            if not self.is_in_picture:
                painter.fillRect(event.rect(), ground)
            part = part_in_sight(self, event.rect())
            items = layout.between(part.left(), part.right())
            if part.size() != self.size():
                items = items.near(QRectF(part))
            cursor = moment.cursor
            at = (cursor.position, cursor.element, moment.selection, moment.sample, moment.overrides, moment.asked)
            # A layout is of one network and one size.
            key = object() if self.is_in_picture else (self._layouts.count, moment.program, part.getRect(), theme, *at)
            painters = self._layouts.painters(moment, items, layout, self._images)
            self._layers.paint(painter, key, part, ground, painters, lambda on: self._paint_close_ups(on, QRectF(part)))
            if self.pictures is not None and _has_pictures(self.pictures, moment):
                self.pictures.paint(painter, moment, items.nodes, self._appearance)

    def _paint_close_ups(self, painter: QPainter, part: QRectF) -> None:
        # Before there is an engine nothing is computed.
        if self._moment.program is not None:
            for close_up in self._close_ups_in(part):
                CloseUpPainter(painter, self._moment, self._appearance, close_up).paint()

    def _close_ups_in(self, part: QRectF) -> list[CloseUp]:
        """Return the close-ups of neurons that are in sight."""
        layout, network, found = self.stage_layout(), self._moment.experiment.network, []
        for layer, section in enumerate(layout.sections[1:-1]):
            if section.left <= part.right() and section.right >= part.left():
                if layer not in self._close_ups:
                    self._close_ups[layer] = close_ups(layout, network, layer, self._appearance.scale)
                found += [each for each in self._close_ups[layer] if each.rect.intersects(part)]
        return found

    # What is where

    def value_at(self, position: QPointF) -> tuple[ValueRef, Index] | None:
        """Return the number under a point: in a cell, in a heat map, or on a curve."""
        return value_at(self.stage_layout(), self._moment, position)

    def rect_of(self, ref: ValueRef, index: Index) -> QRectF | None:
        """Return where a number is drawn, or None where it is not."""
        return rect_of(self.stage_layout(), self._moment, ref, index)

    def rect_in_focus(self) -> QRectF | None:
        """Return where the selected number is drawn, or else the first that the micro-step wrote.

        None without either.
        """
        moment, selection = self._moment, self._moment.selection
        if selection is None and moment.written is not None:
            selection = Selection(moment.written, moment.element_at(moment.written))
        return None if selection is None else self.rect_of(selection.ref, selection.index)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the number under the mouse, and take hold of it or of the ground."""
        self._hand.press(event)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of what is held."""
        self._hand.release(event)
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit the number under the mouse."""
        found = self.value_at(event.position())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._session.selector.select(*found)
            if self.can_edit_selected():
                self.edit_selected()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull along what is held, or show what can be done with what is under the mouse."""
        self._hand.move(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Change the number under the mouse with Alt; all else is the canvas's."""
        event.setAccepted(self._hand.turn(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Edit the selected number when one is typed."""
        if self._hand.take_key(event):
            return
        text, selection = event.text(), self._moment.selection
        if event.key() == Qt.Key.Key_Delete and selection is not None:
            if self._moment.is_overridden(selection.ref, selection.index):
                self.about_to_edit.emit()
                self._session.number_editor.clear_override(selection.ref, selection.index)
            return
        if event.modifiers() & _MOVING and event.key() in _ARROWS:
            self.pulled.emit(_ARROWS[Qt.Key(event.key())])
            return
        if text and text in "0123456789+-.,(=" and self.can_edit_selected():
            self.edit_selected(text)
            return
        super().keyPressEvent(event)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return STAGE

    def _take_event(self, event: QEvent) -> bool:
        """Show the whole number while the mouse rests on it; follow a pinch on a touch pad or a screen."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.pinched.emit(1.0 + event.value(), event.position().toPoint())
            return True
        if isinstance(event, QGestureEvent):
            return self._follow_fingers(event)
        return shows_tip(event, self, lambda at: self._tip_at(QPointF(at)))

    def _follow_fingers(self, event: QGestureEvent) -> bool:
        """Zoom with two fingers on a touch screen, around the place between them, which moves with them."""
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return False
        at, before = pinch.centerPoint(), pinch.lastCenterPoint()
        self.pulled.emit((at - before).toPoint())
        if pinch.scaleFactor() > 0:
            self.pinched.emit(pinch.scaleFactor(), self.mapFromGlobal(at.toPoint()))
        event.accept(pinch)
        return True

    def _tip_at(self, position: QPointF) -> str:
        nodes = self.stage_layout().between(position.x(), position.x()).nodes
        pictures = self.pictures if self.pictures and _has_pictures(self.pictures, self._moment) else None
        if pictures is not None and (told := picture_tip(pictures, self._moment, nodes, position)):
            return told
        found = self.value_at(position)
        if found is not None:
            return self.tooltip(*found)
        part = QRectF(position, position).adjusted(-1, -1, 1, 1)
        tips = (close_up.tip_at(position) for close_up in self._close_ups_in(part))
        return next(filter(None, tips), "")

    def tooltip(self, ref: ValueRef, index: Index) -> str:
        """Return what a number says while the mouse rests on it."""
        return tip_of(self._moment, ref, index)

    # Editing in place

    def can_edit_selected(self) -> bool:
        """Return whether a number is selected that is known, and can be set."""
        return self._can_edit(self._moment.selection)

    def _can_edit(self, wanted: Selection | None) -> bool:
        moment = self._moment
        if wanted is None or not moment.has(wanted.ref, wanted.index) or not is_editable(moment, wanted.ref):
            return False
        return moment.number(wanted.ref, wanted.index) is not None

    def edit_selected(self, text: str = "") -> None:
        """Open a field on the selected number; `text` is typed into it."""
        selection = self._moment.selection
        if selection is None or not self.can_edit_selected():
            self._session.signals.informed.emit(gettext(NOT_EDITABLE))
            return
        rect, number = self.rect_of(selection.ref, selection.index), self._moment.number(selection.ref, selection.index)
        if rect is None or number is None:
            return
        self.about_to_edit.emit()
        self._close_editor()
        editor = NumberField(self._appearance, self._refusals, self)
        editor.setObjectName("stage.editor")
        editor.setAccessibleName(Notation.of(self._moment.experiment).text(selection.ref, selection.index))
        editor.can_be_nudged = False
        editor.set_value(number)
        editor.begin()
        self._place_editor(editor, rect)
        editor.value_edited.connect(self._commit)
        editor.closed.connect(self._close_editor)
        self._editor, self._edited, self._edited_place = editor, selection, self._place_of(selection)
        editor.show()
        editor.setFocus()
        editor.selectAll()
        if text:
            editor.setText(text)

    def _place_of(self, edited: Selection) -> object:
        """Return what tells a number from the one that stands there in another iteration, or once rows have gone."""
        moment, ref = self._moment, edited.ref
        computed = moment.step_of(ref) is not None
        rows = (
            (moment.rows[edited.index[0]], len(moment.experiment.data.inputs))
            if moment.sample_of(ref) is not None
            else None
        )
        return moment.cursor.iteration if computed else None, rows

    def _place_editor(self, editor: NumberField, rect: QRectF) -> None:
        width = max(rect.width() + 16, self._appearance.size(110))
        left = max(0.0, min(rect.center().x() - width / 2, self.width() - width))
        height = max(28, self._appearance.size(24))
        editor.setGeometry(round(left), round(rect.center().y() - height / 2), round(width), height)

    def _keep_editor(self) -> None:
        """Keep the field that is open on its number; where that is not to be seen any more, give it up."""
        editor, edited = self._editor, self._edited
        if editor is None or edited is None:
            return
        same = self._can_edit(edited) and self._place_of(edited) == self._edited_place
        number = self._moment.number(edited.ref, edited.index) if same else None
        rect = None if number is None else self.rect_of(edited.ref, edited.index)
        if rect is None:
            editor.give_up()
            return
        editor.set_value(number)
        self._place_editor(editor, rect)

    def _commit(self, value: float) -> None:
        edited, editor = self._edited, self._editor
        if edited is None or editor is None:
            return
        try:
            self._session.number_editor.edit_number(edited.ref, edited.index, value)
        except SpecError as error:
            reason = refusal_in_words(error, self._moment.experiment)
            repairs = self._session.editor.repairs_of(edited.ref, edited.index, value)
            if repairs:
                offer_repairs(editor, reason, repairs, self._apply_repair)
            else:
                editor.refuse(reason)

    def _apply_repair(self, repair: Repair) -> None:
        self._session.editor.edit("Edit data", repair.edit, restart=repair.restart)

    def _close_editor(self) -> None:
        editor, self._editor, self._edited = self._editor, None, None
        if editor is not None:
            editor.hide()
            editor.deleteLater()
            self.setFocus()

    def _description(self) -> str:
        selection = self._moment.selection
        if selection is None:
            return "No number is selected"
        number = self._moment.number(selection.ref, selection.index)
        name = Notation.of(self._moment.experiment).text(selection.ref, selection.index)
        return f"{name} = {'unknown' if number is None else format_number(number, self._moment.digits)}"


def _has_pictures(pictures: NeuronPictures, moment: Moment) -> bool:
    """Return whether the neurons show small pictures now: they tell of numbers that somebody may have to predict."""
    return moment.is_ready and not moment.covers and pictures.suit(moment.experiment)
