"""The ways to data: the menu, a file that is dropped, the clipboard, and what is drawn by hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.kinds import SUFFIXES
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.editing.edits import Edit
    from chainrule.model.importing.draft import ImportDraft
    from chainrule.model.importing.reading import TableSource
    from chainrule.model.importing.samples import SampleAsk
    from chainrule.model.importing.sketch import Plane, Sketch
    from chainrule.ui.importing.sketch_dialog import SketchDialog

FILTER = f"Tables ({' '.join(f'*{suffix}' for suffix in SUFFIXES)});;All files (*)"
NO_TABLE = gettext_noop("There is no table on the clipboard: copy rows in a spreadsheet, or lines of a CSV file.")


class DataImport(QObject):
    """Opens the page with a table, and puts what is made of it into the document, as one edit."""

    # Other data are there, in place of those before.
    replaced = Signal()

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        window: QWidget,
        *,
        folder: Callable[[], str],
        take_typed: Callable[[], bool],
    ) -> None:
        """`folder` is where the last file was, or empty; `take_typed` takes over what is typed, or refuses it."""
        super().__init__(window)
        self._session, self._appearance, self._window = session, appearance, window
        self._last_folder, self._take_typed = folder, take_typed
        self._dialog: QDialog | None = None
        # Where the last table was.
        self._tables_folder: Path | None = None
        # What was drawn last, to go on from.
        self._sketched: tuple[Sketch, Plane] | None = None

    def ask(self) -> None:
        """Ask for a file with a table."""
        dialog = QFileDialog(self._window, "Import data", str(self._folder()), FILTER)
        dialog.setObjectName("import_file_dialog")
        dialog.fileSelected.connect(lambda name: self.open_path(Path(name)))
        self._show(dialog)

    def ask_for_sample(self) -> None:
        """Ask which data to begin with are wanted, and open the page with them."""
        from chainrule.ui.importing.sample_dialog import SampleDialog  # noqa: PLC0415 - not for the first paint

        self._show(SampleDialog(self._appearance, self._open_sample, self._window))

    def _open_sample(self, name: str, ask: SampleAsk) -> None:
        from chainrule.model.importing.samples import sample_source  # noqa: PLC0415 - not for the first paint

        source = sample_source(name, ask)
        self._open(lambda: source, f"{name} was not imported")

    def sketch(self) -> None:
        """Open the pad on which points are drawn, with what was drawn on it last."""
        from chainrule.model.importing.sketch import Plane, Sketch  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.importing.sketch_dialog import SketchDialog  # noqa: PLC0415 - not for the first paint

        if not self._take_typed():
            return
        sketch, plane = self._sketched or (Sketch(), Plane())
        experiment = self._session.experiment
        dialog = SketchDialog(sketch, plane, experiment, self._appearance, self._take, self._open_draft, self._window)
        dialog.finished.connect(lambda _result: self._keep_sketch(dialog))
        self._show(dialog)

    def _keep_sketch(self, dialog: SketchDialog) -> None:
        self._sketched = dialog.sketch, dialog.plane

    def _folder(self) -> Path:
        path = self._session.path
        wanted = (self._tables_folder, path and path.parent, self._last_folder())
        # Not by the path's own method, which raises where it may not look.
        return Path(next((folder for folder in wanted if folder and os.path.isdir(folder)), QDir.homePath()))

    def _show(self, dialog: QDialog) -> None:
        """Put a dialog on the screen, in the place of one that is there."""
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(partial(self._forget, dialog))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _forget(self, dialog: QDialog, _result: int) -> None:
        if self._dialog is dialog:
            self._dialog = None

    def open_path(self, path: Path) -> None:
        """Open the page with the table in a file; where there is none, say so in the window."""
        from chainrule.model.importing.reading import open_source  # noqa: PLC0415 - not for the first paint

        self._tables_folder = path.parent
        self._open(lambda: open_source(path), f"{path.name} was not imported")

    def paste(self) -> None:
        """Open the page with the table on the clipboard."""
        from chainrule.model.importing.reading import text_source  # noqa: PLC0415 - not for the first paint

        text = QGuiApplication.clipboard().text()
        if not text.strip():
            self._session.signals.noticed.emit(gettext(NO_TABLE))
            return
        self._open(lambda: text_source(text), "What is on the clipboard was not imported")

    def _open(self, source: Callable[[], TableSource], otherwise: str) -> None:
        from chainrule.model.importing.draft import ImportDraft  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.importing.waiting import LongWork, WaitingDialog  # noqa: PLC0415 - not for the first paint

        if not self._take_typed():
            return

        def refused(error: SpecError) -> None:
            self._session.signals.noticed.emit(f"{otherwise}: {error.message}.")

        try:
            found = source()
        except SpecError as error:
            refused(error)
            return
        work = LongWork(partial(ImportDraft.making, found), f"Reading {found.name}", self._open_draft, refused)
        if found.takes_long:
            self._show(WaitingDialog(work, self._appearance, self._window))
        else:
            work.do()

    def _open_draft(self, draft: ImportDraft) -> None:
        from chainrule.ui.importing.page import ImportDialog  # noqa: PLC0415 - not for the first paint

        self._show(ImportDialog(draft, self._session.experiment, self._appearance, self._take, self._window))

    def _take(self, edit: Edit, append: bool) -> None:
        self._session.editor.edit("Add imported rows" if append else "Import data", edit, restart=not append)
        if not append:
            self.replaced.emit()
