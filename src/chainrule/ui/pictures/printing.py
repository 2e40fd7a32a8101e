"""Pictures on pages: the network with its equation, and the derivation of a gradient, with a look at them first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QPageLayout, QPicture
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from PySide6.QtWidgets import QWidget

from chainrule.ui.pictures.formats import PER_INCH
from chainrule.ui.pictures.subjects import Look, PictureMaker, PictureSubject
from chainrule.ui.style.painting import drawing, saved

# As wide as a page is at the usual size of letters; on paper all is light.
PAGE = QSize(960, 620)
# As fine as printers are, and PDF files of them.
DOTS_PER_INCH = 1200


def print_preview(maker: PictureMaker, subjects: Sequence[PictureSubject], title: str, parent: QWidget) -> None:
    """Show pages with a picture on each; the dialog prints them, to a printer or a PDF."""
    # A printer of its own: of one that it is given it keeps no hold, and paints with it later.
    dialog = QPrintPreviewDialog(parent)
    printer = dialog.printer()
    printer.setResolution(DOTS_PER_INCH)
    printer.setDocName(title)
    printer.setPageOrientation(QPageLayout.Orientation.Landscape)
    dialog.setObjectName("picture.print_dialog")
    dialog.paintRequested.connect(lambda on: paint_pages(on, maker, subjects))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def paint_pages(printer: QPrinter, maker: PictureMaker, subjects: Sequence[PictureSubject]) -> None:
    """Paint a picture on each page, no larger than it is on the screen, and as small as the page needs it."""
    with drawing(printer) as painter:
        for place, subject in enumerate(subjects):
            if place:
                printer.newPage()
            page = printer.pageRect(QPrinter.Unit.DevicePixel)
            with maker.picture(subject, Look(is_dark=False, size=PAGE)) as picture:
                size = picture.size
                fits = min(page.width() / size.width(), page.height() / size.height(), printer.resolution() / PER_INCH)
                # A widget that is painted on a printer itself becomes dots, 30 times as many bytes.
                strokes = QPicture()
                with drawing(strokes) as recording:
                    picture.paint(recording)
                # Played on a device with more dots an inch it becomes larger by itself.
                fits *= strokes.logicalDpiX() / printer.logicalDpiX()
                with saved(painter):
                    painter.scale(fits, fits)
                    painter.drawPicture(0, 0, strokes)
