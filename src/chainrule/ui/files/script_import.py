"""File > Import PyTorch, and weights: asks for unsaved work, then for a script; also where one is dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.files.text_file import read_text
from chainrule.session.session import Session
from chainrule.ui.files.weight_import import WeightImport
from chainrule.ui.style.appearance import Appearance

SCRIPT_FILTER = "Python scripts (*.py);;All files (*)"


class ScriptImport(QObject):
    """Opens what is read of a script in the place of the document."""

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        window: QWidget,
        *,
        after_saving: Callable[[Callable[[], None]], None],
        open_new: Callable[[Experiment], None],
        show: Callable[[QDialog], None],
    ) -> None:
        """`after_saving` goes on once nothing would be lost, `open_new` opens what has no file yet."""
        super().__init__(window)
        self._session, self._appearance, self._window = session, appearance, window
        self._after_saving, self._open_new, self._show = after_saving, open_new, show
        self.weights = WeightImport(session, window, show)

    @property
    def openers(self) -> dict[str, Callable[[Path], None]]:
        """What opens a file that is dropped on the window, by its ending."""
        weights: dict[str, Callable[[Path], None]] = dict.fromkeys(
            (".pt", ".pth", ".safetensors"), self.weights.open_path
        )
        return {".py": self.open_path, **weights}

    def ask(self) -> None:
        """Ask for a script to be pasted, or for its file."""
        self._after_saving(lambda: self._open_page("", ""))

    def open_path(self, path: Path) -> None:
        """Open the page with the text of a file; one that cannot be read is told in the window."""
        self._after_saving(lambda: self._open_file(path))

    def _open_file(self, path: Path) -> None:
        text = self._text_of(path)
        if text is not None:
            self._open_page(text, path.stem)

    def _text_of(self, path: Path) -> str | None:
        try:
            return read_text(path)
        except SpecError as error:
            self._session.signals.noticed.emit(f"{path.name} was not read. {error.message}.")
            return None

    def _open_page(self, text: str, title: str) -> None:
        self._session.state.wait_for_engine()
        from chainrule.ui.scripts.script_dialog import ScriptDialog  # noqa: PLC0415 - torch comes with it

        dialog = ScriptDialog(self._appearance, self._open_new, lambda: self._choose(dialog), self._window)
        dialog.finished.connect(dialog.deleteLater)
        if text:
            dialog.set_script(text, title)
        self._show(dialog)

    def _choose(self, page: QDialog) -> None:
        from chainrule.ui.scripts.script_dialog import ScriptDialog  # noqa: PLC0415

        chooser = QFileDialog(page, "Open a script", "", SCRIPT_FILTER)
        chooser.setObjectName("script.dialog")
        chooser.finished.connect(chooser.deleteLater)

        def take(name: str) -> None:
            text = self._text_of(Path(name))
            if text is not None and isinstance(page, ScriptDialog):
                page.set_script(text, Path(name).stem)

        chooser.fileSelected.connect(take)
        chooser.open()
