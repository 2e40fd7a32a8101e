"""Printing: what is on the pages, told by a PDF that the printer writes."""

from __future__ import annotations

import gc
from pathlib import Path

from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.ui.pictures.printing import DOTS_PER_INCH, paint_pages
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.window.main_window import MainWindow
from tests.ui.pictures.seen import has_color, of_pdf


def printed(window: MainWindow, path: Path) -> QPrintPreviewDialog:
    """Print to a PDF what the dialog shows."""
    window.actions_by_id["file.print"].trigger()
    dialog = window.findChildren(QPrintPreviewDialog, "picture.print_dialog")[-1]
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(path))
    dialog.paintRequested.emit(printer)
    dialog.reject()
    return dialog


def test_the_network_the_equation_and_the_derivation_are_on_pages(window: MainWindow, tmp_path: Path) -> None:
    window.actions_by_id["iteration.next"].trigger()
    window.session.selector.select(refs.grad(refs.weight(1)), (0, 0))
    window.stage_panel.stage.setFocus()
    printed(window, tmp_path / "pages.pdf")
    texts, image = of_pdf((tmp_path / "pages.pdf").read_bytes())
    assert len(texts) == 2
    assert "ReLU" in texts[0]
    assert "MSELoss" in texts[1]
    assert has_color(image, LIGHT.negative, least=5)


def test_the_pages_are_looked_at_before_they_are_printed(qtbot: QtBot, window: MainWindow) -> None:
    """The dialog paints them whenever it likes, long after the action is at its end."""
    window.actions_by_id["file.print"].trigger()
    (dialog,) = window.findChildren(QPrintPreviewDialog, "picture.print_dialog")
    for _ in range(3):
        gc.collect()
        qtbot.waitUntil(lambda: has_color(dialog.grab().toImage(), LIGHT.positive, least=3))
    assert dialog.printer().resolution() == DOTS_PER_INCH
    dialog.reject()


def test_a_plot_that_has_the_keyboard_is_alone_on_a_page(window: MainWindow, tmp_path: Path) -> None:
    for _ in range(3):
        window.actions_by_id["iteration.next"].trigger()
    pages = [each for each in window.pictures.subjects() if each.name == "Loss"]
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "plot.pdf"))
    paint_pages(printer, window.pictures.maker, pages)
    texts, image = of_pdf((tmp_path / "plot.pdf").read_bytes())
    assert len(texts) == 1
    assert "Loss" in texts[0]
    assert has_color(image, LIGHT.loss)
