"""What there is to make pictures of: the parts of the window that show something of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from shiboken6 import delete

from chainrule.session.screen.deriving import selection_has_derivation
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.pictures.formats import StillPicture, picture_of_widget
from chainrule.ui.pictures.sheet import PictureSheet, SheetParts
from chainrule.ui.style.appearance import DARK, LIGHT, Appearance, palette_of
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.moment_card import MomentCard

STAGE, STAGE_AND_EQUATION, EQUATION, DERIVATION = "stage", "stage_and_equation", "equation", "derivation"
SHEETS = {
    STAGE: SheetParts(stage=True),
    STAGE_AND_EQUATION: SheetParts(stage=True, equation=True),
    EQUATION: SheetParts(equation=True),
    DERIVATION: SheetParts(equation=True, derivation=True),
}


@dataclass(frozen=True, slots=True)
class PictureSubject:
    """A part of the window: `id`, its name in a list, and the card that shows it, if it is one that is made again.

    `make` makes such a card; `live` is the one on the screen.
    """

    id: str
    name: str
    live: MomentCard | None = None
    make: Callable[[Appearance, QWidget], MomentCard] | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks: dark or light, the size that it is to have, and what stands in it besides.

    `marks` are the frames around what is selected, `words` the title, the legend and what is said of an equation; a
    `clear` one has no ground.
    """

    is_dark: bool
    size: QSize
    marks: bool = True
    words: bool = True
    clear: bool = False


class PictureMaker:
    """Makes pictures of what the window shows, and of other moments, without a change of what is on the screen."""

    def __init__(self, session: Session, appearance: Appearance) -> None:
        self._session, self._appearance = session, appearance
        # It keeps what was typeset: the next picture of the same needs no more of it.
        self._typesetter = Typesetter()

    def ground(self, look: Look) -> QColor | None:
        """Return the colour behind a picture; None where what is behind it shows through."""
        return None if look.clear else QColor((DARK if look.is_dark else LIGHT).surface)

    @contextmanager
    def picture(self, subject: PictureSubject, look: Look, moment: Moment | None = None) -> Iterator[StillPicture]:
        """Give a picture of a part of the window, for as long as it is painted."""
        moment = self._session.moment if moment is None else moment
        appearance = self._kept(look)
        if subject.make is not None and subject.live is not None:
            from chainrule.ui.pictures.twins import show_twin  # noqa: PLC0415 - pyqtgraph, for plots alone

            around = QWidget()
            widget: QWidget = subject.make(appearance, around)
            assert isinstance(widget, MomentCard)
            widget.setParent(None)
            delete(around)
            show_twin(widget, subject.live, subject.name, moment, look.size, clear=look.clear)
        else:
            sheet = self.sheet(subject.id, look, appearance)
            sheet.show_moment(moment, look.size)
            widget = sheet
        try:
            yield picture_of_widget(subject.name, widget)
        finally:
            delete(widget)

    def sheet(self, identifier: str, look: Look, appearance: Appearance | None = None) -> PictureSheet:
        """Return a sheet that shows no moment yet; it is deleted by whoever asked for it."""
        appearance = appearance or self._kept(look)
        parts = replace(SHEETS[identifier], marks=look.marks, words=look.words)
        sheet = PictureSheet(self._session, appearance, self._typesetter, parts)
        # The colours die with what is painted in them.
        appearance.setParent(sheet)
        sheet.setPalette(palette_of(appearance.theme))
        sheet.setFont(appearance.font())
        return sheet

    def _kept(self, look: Look) -> Appearance:
        return Appearance(kept=(DARK if look.is_dark else LIGHT, self._appearance.scale))


def sheet_subjects(moment: Moment) -> list[PictureSubject]:
    """Return those of the network and of its numbers that there is something to be shown of."""
    name = "Formula" if moment.experiment.network.formula else "Network"
    found = [
        PictureSubject(STAGE, name),
        PictureSubject(STAGE_AND_EQUATION, f"{name} and equation"),
        PictureSubject(EQUATION, "Equation"),
    ]
    if selection_has_derivation(moment):
        found.append(PictureSubject(DERIVATION, "Equation and derivation"))
    return found
