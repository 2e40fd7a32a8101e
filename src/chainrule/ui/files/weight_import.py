"""File > Import weights: what PyTorch saved becomes what training starts from; it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.session.session import Session

WEIGHT_FILTER = "Weights (*.pt *.pth *.safetensors);;All files (*)"


class WeightImport(QObject):
    """Takes weights, and the optimizer's state where it is there, into the experiment on the screen."""

    def __init__(self, session: Session, window: QWidget, show: Callable[[QDialog], None]) -> None:
        super().__init__(window)
        self._session, self._window, self._show = session, window, show

    def ask(self) -> None:
        """Ask for a file, and take its weights."""
        path = self._session.path
        dialog = QFileDialog(self._window, "Import weights", str(path.parent) if path else "", WEIGHT_FILTER)
        dialog.setObjectName("weights.dialog")
        dialog.fileSelected.connect(lambda name: self.open_path(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        self._show(dialog)

    def open_path(self, path: Path) -> None:
        """Take the weights of a file; what does not fit, or why nothing does, is told in the window."""
        session = self._session
        session.state.wait_for_engine()
        from chainrule.model.weights.matching import with_weights  # noqa: PLC0415 - torch comes with it
        from chainrule.model.weights.weight_files import read_weights  # noqa: PLC0415

        known = session.file.to_save
        try:
            found = with_weights(known, read_weights(path))
            session.training_start.start_with(found.experiment, f"Import weights of {path.name}")
        except SpecError as error:
            why = error.message if error.path == "$" else refusal_in_words(error, known)
            session.signals.noticed.emit(f"The weights of {path.name} were not taken: {why.rstrip('.')}.")
            return
        notes = "".join(f" {note[:1].upper()}{note[1:]}." for note in found.notes)
        session.signals.informed.emit(f"Training starts from the weights of {path.name}.{notes}")
