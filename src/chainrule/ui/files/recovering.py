"""Recovering: asks, at the next start, whether to go on with what was not saved when the program ended unexpectedly."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QDateTime, QLocale, QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.session.files.copies import Copy
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.asking.question import question
from chainrule.ui.files.files import Files
from chainrule.ui.stage.panel import short_title


class Recovering(QObject):
    """Offers what other windows left behind once the engine, which must check it, is there."""

    def __init__(self, session: Session, recovery: Recovery, files: Files, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._recovery, self._files, self._window = session, recovery, files, window
        session.signals.engine_ready.connect(self._look)

    def _look(self) -> None:
        self._offer(self._recovery.lost())

    def _offer(self, copies: Iterator[Copy]) -> None:
        """Ask for the first, and for the others after it; where one is restored they wait for the next start."""
        copy = next(copies, None)
        if copy is None:
            return
        name = short_title(copy.path.name if copy.path else copy.experiment.title or "An experiment")
        text = gettext("Chainrule ended unexpectedly. {name} had changes that were not saved.", name=name)
        later = f" {name} itself was written later than that." if copy.is_older else ""
        back = "Training is where it was, and edits can be undone." if copy.history else "Training starts anew."
        more = gettext(
            "Restore them, as they were on {when}? Settings, data and first weights are back. {back}{later}",
            when=_when(copy),
            back=back,
            later=later,
        )
        box = question(self._window, "recovery", text, more)
        restore = box.addButton(gettext("Restore"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(gettext("Discard"), QMessageBox.ButtonRole.DestructiveRole)
        another_time = box.addButton(gettext("Ask next time"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(restore)
        box.setEscapeButton(another_time)

        def answer() -> None:
            if box.clickedButton() is restore:
                self._files.after_saving(lambda: self._restore(copy))
                return
            if box.clickedButton() is discard:
                self._recovery.discard(copy)
            else:
                self._recovery.leave(copy)
            self._offer(copies)

        box.finished.connect(answer)
        box.open()

    def _restore(self, copy: Copy) -> None:
        try:
            self._session.file.open_unasked(
                copy.experiment, copy.path, history=copy.history, modified=True, stamp=copy.stamp
            )
        except SpecError as error:
            # Kept for the next start.
            self._recovery.leave(copy)
            self._files.refuse(copy.experiment, error, copy.path, copy.stamp, modified=True)
            return
        self._recovery.take_over(copy)


def _when(copy: Copy) -> str:
    written = QDateTime.fromSecsSinceEpoch(int(copy.file.stat().st_mtime))
    return QLocale().toString(written, QLocale.FormatType.ShortFormat)
