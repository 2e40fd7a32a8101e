"""Long work of an import: done a slice at a time, with a bar that shows how much is done and a way to give it up."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QProgressBar, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.table import Tell, tell_nobody
from chainrule.session.background.slicer import TimeSlicer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label

T = TypeVar("T")
U = TypeVar("U")
WHOLE = 1000
NO_MEMORY = gettext_noop("there is not enough memory for it")


@dataclass(frozen=True, slots=True)
class LongWork(Generic[T]):
    """Work that tells which share of it is done to whom it is given. In the end `then` gets what came of it, or
    `refused` the reason why nothing did.
    """

    work: Callable[[Tell], Generator[None, None, T]]
    words: str
    then: Callable[[T], None]
    refused: Callable[[SpecError], None]

    def do(self) -> None:
        """Do it at once."""
        for _ in self.steps(tell_nobody):
            pass

    def steps(self, tell: Tell) -> Generator[None, None, None]:
        """Do it in pieces."""
        try:
            found = yield from self.work(tell)
        except SpecError as error:
            self.refused(error)
        except MemoryError:
            self.refused(SpecError("source", gettext(NO_MEMORY)))
        else:
            self.then(found)


class WaitingDialog(QDialog):
    """Does some work while it is shown. Esc and Cancel give it up: it is then rejected."""

    def __init__(self, work: LongWork[T], appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("import_waiting")
        self.setWindowTitle(gettext("Import data"))
        words = Label(appearance, work.words, self)
        words.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("import_progress")
        self.bar.setAccessibleName(work.words)
        self.bar.setRange(0, WHOLE)
        self.bar.setMinimumWidth(appearance.size(320))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (words, self.bar, buttons):
            column.addWidget(part)
        # What comes of it may put another dialog in the place of this one, which is gone by then.
        end = replace(work, then=partial(self._end, work.then), refused=partial(self._end, work.refused))
        self._steps = end.steps(self._tell)
        self._slicer = TimeSlicer(self)
        self.rejected.connect(self._give_up)
        self._slicer.start(self._steps)

    def _tell(self, share: float) -> None:
        self.bar.setValue(min(WHOLE, round(WHOLE * share)))

    def _end(self, then: Callable[[U], None], outcome: U) -> None:
        self.accept()
        then(outcome)

    def _give_up(self) -> None:
        self._slicer.cancel()
        self._steps.close()
