"""File > Export: each format of the table of exports, asked for a number where it takes one, and for a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec_error import plural
from chainrule.commands.export import FORMATS, Export, ExportFormat, writing_export
from chainrule.explain.sentences.refusals import as_sentence, refusal_in_words
from chainrule.model.document import Document
from chainrule.model.files.disk import Written
from chainrule.session.files.settings import MOST_ITERATIONS
from chainrule.session.files.writer import Outcome, Work, Writer
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.counts import parse_count
from chainrule.ui.asking.popover import Popover
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import menu_text, plain_tip

if TYPE_CHECKING:
    from chainrule.commands.task_options import TaskOptions

NO_EXPORT = gettext_noop("Iterations that are exported show the numbers that you predict: turn Predict off first (Q).")
CHANGED = gettext_noop(
    "It begins with the settings of now: what was changed at iteration {iteration} holds there from the start."
)
# So many files are told of by their names.
MOST_TOLD = 4


class Exporting(QObject):
    """Writes what is on the screen in other formats, while the window is used."""

    def __init__(
        self,
        session: Session,
        window: QWidget,
        *,
        choose: Callable[[str, str, Callable[[Path], None]], None],
    ) -> None:
        """`choose` asks for a file, of a format's title and suffix."""
        super().__init__(window)
        self._session, self._choose, self._writer = session, choose, Writer(self)
        # What is not written when the window goes is not to be there in part.
        window.destroyed.connect(self._writer.cancel)

    @property
    def is_active(self) -> bool:
        """Whether something is being written."""
        return self._writer.is_active

    def export(self, format_: ExportFormat, iterations: int, task: TaskOptions | None = None) -> None:
        """Ask for a file, and write the experiment to it, or what it asks."""
        self._choose(gettext(format_.title), format_.suffix, partial(self.export_to, format_, iterations, task=task))

    def export_to(self, format_: ExportFormat, iterations: int, path: Path, *, task: TaskOptions | None = None) -> None:
        """Write the experiment to a file, and say what was written where, or why not."""
        session = self._session
        session.state.wait_for_engine()
        what = Export(
            session.file.to_save, session.document, iterations, path, session.cursor.iteration, session.file.path, task
        )

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, Written):
                # Of many files the first ones say enough.
                more = len(outcome.notes) - MOST_TOLD
                said = "; ".join(outcome.notes[:MOST_TOLD]) + (f"; and {plural(more, 'more file')}" if more > 0 else "")
                changed = changed_in_words(what.document) if format_.is_anew else ""
                session.signals.informed.emit(f"{said[:1].upper()}{said[1:]}.{changed}")
            elif isinstance(outcome, SpecError):
                session.signals.noticed.emit(refusal_in_words(outcome, what.experiment))

        self._writer.write(_work(format_, what), done)


def changed_in_words(document: Document) -> str:
    """Return that what begins again has other numbers, where something was changed in the middle of training."""
    if len(document.segments) == 1:
        return ""
    return " " + gettext(CHANGED, iteration=f"{document.segments[1].start:,}")


def _work(format_: ExportFormat, what: Export) -> Work:
    try:
        return (yield from writing_export(format_, what))
    except RuntimeError as error:
        # Its first line says what; the rest is torch's own stack.
        raise SpecError(what.out.name, f"the computation failed: {str(error).partition(chr(10))[0]}") from None


class ExportMenu(QMenu):
    """The formats that there are."""

    def __init__(
        self,
        session: Session,
        trainer: Trainer,
        exporting: Exporting,
        take_typed: Callable[[], bool],
        appearance: Appearance,
        parent: QMainWindow,
    ) -> None:
        super().__init__(gettext("Export"), parent)
        self.setObjectName("file.export")
        self.setToolTipsVisible(True)
        self._session, self._trainer, self._exporting = session, trainer, exporting
        self._take_typed, self._appearance, self._window = take_typed, appearance, parent
        for format_ in FORMATS.values():
            action = self.addAction(menu_text(gettext(format_.title)))
            action.setObjectName(f"file.export.{format_.id}")
            tip = gettext(format_.tip)
            action.setToolTip(plain_tip(tip))
            action.setStatusTip(tip)
            action.triggered.connect(lambda _checked=False, name=format_.id: self.begin(name))

    def begin(self, name: str) -> None:
        """Ask for what a format needs, and for a file."""
        format_ = FORMATS[name]
        self._trainer.pause()
        if self._session.moment.covers and (format_.options or format_.is_task):
            self._session.signals.informed.emit(gettext(NO_EXPORT))
            return
        if not self._take_typed():
            return
        if format_.is_task:
            self._ask_for_task(format_)
            return
        if format_.iterations is None:
            self._exporting.export(format_, 0)
            return
        popover = ExportPopover(self._session, format_, self._exporting, self._appearance, self._window)
        session = self._session
        if format_.check is not None:
            session.state.wait_for_engine()
        done = session.horizon - session.document.first
        begin = done if done > 1 else format_.iterations
        if format_.is_after:
            begin = session.cursor.iteration + session.state.at_end - session.document.first
        popover.ask(self._fitting(format_, min(begin, format_.most or begin)), self._anchor)

    def _fitting(self, format_: ExportFormat, most: int) -> int:
        """Return how many iterations the format takes, of so many at most; one where it takes none."""
        check, experiment = format_.check, self._session.experiment

        def is_refused(iterations: int) -> bool:
            try:
                check(experiment, iterations)  # type: ignore[misc]
            except ValueError:
                return True
            return False

        return most if check is None else max(1, bisect_left(range(most + 1), True, lo=1, key=is_refused) - 1)

    def _ask_for_task(self, format_: ExportFormat) -> None:
        from chainrule.ui.files.task_dialog import TaskDialog  # noqa: PLC0415 - not for the first paint

        session = self._session
        session.state.wait_for_engine()
        dialog = TaskDialog(
            self._appearance,
            format_,
            session.file.to_save,
            session.cursor.iteration,
            lambda task: self._exporting.export(format_, 0, task),
            self._window,
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _anchor(self) -> QRect:
        return self._window.menuBar().actionGeometry(self._window.menuBar().actions()[0])


class ExportPopover(Popover):
    """How many iterations are to be exported; gone once it is answered."""

    def __init__(
        self,
        session: Session,
        format_: ExportFormat,
        exporting: Exporting,
        appearance: Appearance,
        window: QWidget,
    ) -> None:
        self._session, self._format = session, format_
        least = 0 if format_.is_after else 1
        read = partial(parse_count, least=least, most=format_.most or MOST_ITERATIONS)
        super().__init__(appearance, "export_popover", read, window)
        self.setAccessibleName(gettext("Export a number of iterations"))
        self.before.setText(gettext("Export what is learned after") if format_.is_after else gettext("Export"))
        self.after.setText(gettext("iterations"))
        # Also where the first number is refused.
        self.button.setText("Export…")
        self.field.setAccessibleName(gettext("How many iterations to export"))
        self.accepted.connect(lambda number: exporting.export(format_, number))
        for ended in (self.accepted, self.closed):
            ended.connect(self.deleteLater)

    def foresee(self, number: int) -> tuple[str, str]:
        """Return which iterations these are, and whether they are to be computed for it."""
        if self._format.check is not None:
            try:
                self._format.check(self._session.experiment, number)
            except ValueError as error:
                raise ValueError(as_sentence(str(error))) from None
        first, horizon = self._session.document.first, self._session.horizon
        if self._format.is_after:
            which = "What training starts from" if not number else f"What iteration {first + number - 1:,} has led to"
            return "Export…", f"{which}." if first + number <= horizon else f"{which}: computed for the file alone."
        which = f"Iteration {first:,}" if number == 1 else f"Iterations {first:,} to {first + number - 1:,}"
        if self._format.is_anew:
            return "Export…", f"{which} from the start, with the settings of now."
        if first + number <= horizon:
            return "Export…", f"{which}, as they were trained."
        return "Export…", f"{which}. Those that are not trained yet are computed for the file alone."
