"""The lessons of a window: opened from the menu or a folder, shown on a card, and read again while an author writes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.lessons.lesson.spec import LESSON_FILE
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.files.files import Files
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.refusal import Refusals

if TYPE_CHECKING:
    from chainrule.lessons.lesson.spec import Lesson
    from chainrule.session.lessons.guide import LessonGuide
    from chainrule.session.lessons.progress import LessonProgress
    from chainrule.session.lessons.watching import FolderWatch
    from chainrule.ui.lesson.panel import LessonPanel
    from chainrule.ui.lesson.room import LessonRoom
    from chainrule.ui.window.views import Views

LEFT = gettext_noop("Something is left to be done in this step: skip goes on without it.")
# So many faults are told on the card; the command tells all.
MOST_TOLD = 3


class Lessons(QObject):
    """Opens lessons; there is one at a time. `changed` says that one has begun, or ended, or is at another step."""

    changed = Signal()

    def __init__(
        self,
        session: Session,
        trainer: Trainer,
        files: Files,
        views: Views,
        appearance: Appearance,
        refusals: Refusals,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._trainer, self._files, self._views = session, trainer, files, views
        self._appearance, self._refusals, self._window = appearance, refusals, window
        self._room: LessonRoom | None = None
        self._watch: FolderWatch | None = None
        self.progress: LessonProgress | None = None
        # The step that is offered to go on with.
        self._left_at = 0
        self.guide: LessonGuide | None = None
        self.panel: LessonPanel | None = None

    def settle(self, room: LessonRoom, progress: LessonProgress) -> None:
        """Know the room in the window, which is there once its parts are, and how far somebody has come."""
        self._room, self.progress = room, progress

    @property
    def is_running(self) -> bool:
        """Whether a lesson goes on."""
        return self.guide is not None and self.guide.lesson is not None

    @property
    def can_go_back(self) -> bool:
        """Whether there is a step before this one."""
        return self.guide is not None and self.is_running and self.guide.place > 0

    # Opening

    def choose(self) -> None:
        """Ask for the folder of a lesson, and open it."""
        self._files.after_saving(self._ask)

    def _ask(self) -> None:
        dialog = QFileDialog(self._window, "Open a lesson: choose its folder")
        dialog.setObjectName("lesson.dialog")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, False)
        dialog.fileSelected.connect(lambda name: self._open(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open(self, folder: Path) -> None:
        """Open the lesson of a folder; changes that are not saved are asked for first."""
        self._files.after_saving(partial(self._open, folder))

    def _open(self, folder: Path) -> None:
        from chainrule.lessons.lesson.folder import load_lesson  # noqa: PLC0415 - few windows need it

        folder = folder.parent if folder.name == LESSON_FILE else folder
        try:
            lesson = load_lesson(folder)
            self._begin(lesson)
        except SpecError as error:
            self._session.signals.noticed.emit(f"The lesson was not opened. {error}.")

    def _begin(self, lesson: Lesson) -> None:
        guide, watch = self._ready()
        before, self._files.origin = self._files.origin, "lesson"
        was_at, self._left_at = self._left_at, self._step_left(lesson)
        try:
            guide.begin(lesson)
        except BaseException:
            self._files.origin, self._left_at = before, was_at
            raise
        if self._left_at and self.panel is not None:
            self.panel.offer.offer(self._left_at, len(lesson.steps))
        watch.watch(lesson.folder)

    def _step_left(self, lesson: Lesson) -> int:
        """Return the step that a lesson was left at; 0 for the first, and for one that it has no longer."""
        step = 0 if self.progress is None else self.progress.step(lesson.folder)
        return step if step < len(lesson.steps) else 0

    def _ready(self) -> tuple[LessonGuide, FolderWatch]:
        """Return what leads through lessons, made with the first one."""
        if self.guide is not None and self._watch is not None:
            return self.guide, self._watch
        from chainrule.session.lessons.guide import LessonGuide  # noqa: PLC0415 - few windows need it
        from chainrule.session.lessons.watching import FolderWatch  # noqa: PLC0415 - few windows need it
        from chainrule.ui.lesson.panel import LessonPanel  # noqa: PLC0415 - few windows need it

        self.guide = guide = LessonGuide(self._session, self._trainer, self)
        self.panel = LessonPanel(self._session, guide, self._appearance, self._refusals, self._window)
        self.panel.hide()
        self._views.add(self.panel, is_live=False)
        self._watch = FolderWatch(self)
        self._watch.changed.connect(self._read_again)
        self.panel.left.connect(self.leave)
        self.panel.finished.connect(self._finish)
        self.panel.offer.taken.connect(guide.go_to)
        self.panel.offer.declined.connect(self._start_again)
        if self._room is not None:
            self.panel.resized.connect(self._room.body.fit_lesson)
        guide.began.connect(self._take_in)
        guide.stepped.connect(self._show_step)
        guide.ended.connect(self._end)
        return guide, self._watch

    # While it goes on

    def _take_in(self) -> None:
        if self._room is not None and self.panel is not None:
            self.panel.show_fault("")
            self._room.take_in(self.panel)

    def _show_step(self) -> None:
        if self._room is not None and self.guide is not None and self.guide.step is not None:
            self._room.show_step(self.guide.step)
            self._note_step(self.guide)
            self.changed.emit()

    def _note_step(self, guide: LessonGuide) -> None:
        """Remember the step, but not the first one while it is offered to go on elsewhere."""
        if self.progress is None or guide.lesson is None:
            return
        if guide.place:
            self._left_at = 0
        if not self._left_at:
            self.progress.note(guide.lesson.folder, guide.place)

    def _start_again(self) -> None:
        self._left_at = 0
        if self.guide is not None and self.panel is not None:
            self.panel.offer.hide()
            self._note_step(self.guide)

    def _finish(self) -> None:
        """Remember that the lesson was gone through, and end it."""
        if self.progress is not None and self.guide is not None and self.guide.lesson is not None:
            self.progress.finish(self.guide.lesson.folder)
        self.leave()

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        if self._room is not None:
            self._room.restore(self._session.moment.experiment)
        self.changed.emit()

    def go_on(self) -> None:
        """Go to the next step, where all is done that this one asks for."""
        if self.guide is not None and self.panel is not None and self.is_running:
            if self.guide.is_done:
                self.guide.go_on()
            else:
                self._session.signals.informed.emit(gettext(LEFT))

    def go_back(self) -> None:
        """Go to the step before."""
        if self.guide is not None:
            self.guide.go_back()

    def give_hint(self) -> None:
        """Show one hint more."""
        if self.guide is not None:
            self.guide.give_hint()

    def leave(self) -> None:
        """End the lesson; the network stays."""
        if self.guide is not None:
            self.guide.leave()

    # While an author writes

    def _read_again(self) -> None:
        """Read the folder again; where that is refused, the last version stays, and it is said why."""
        guide, panel = self.guide, self.panel
        if guide is None or panel is None or guide.lesson is None:
            return
        from chainrule.lessons.lesson.folder import load_lesson  # noqa: PLC0415 - few windows need it

        try:
            lesson = load_lesson(guide.lesson.folder)
            guide.renew(lesson)
        except SpecError as error:
            panel.show_fault(str(error))
            return
        panel.show_fault(_faults_of(lesson))


def _faults_of(lesson: Lesson) -> str:
    """Return what is wrong in a lesson that could be read, line by line."""
    from chainrule.lessons.lesson.checking import lesson_faults  # noqa: PLC0415 - for authors alone

    faults = [str(fault) for fault in lesson_faults(lesson)]
    more = [f"and {len(faults) - MOST_TOLD} more: chainrule lessons check tells all"] if len(faults) > MOST_TOLD else []
    return "\n".join((*faults[:MOST_TOLD], *more))
