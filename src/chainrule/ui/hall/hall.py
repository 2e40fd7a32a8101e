"""Showing to a hall: opens its window, and the lecturer's where there is a second screen, and leaves both together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QScreen
from PySide6.QtWidgets import QWidget

from chainrule.session.files.settings import SettingsStore
from chainrule.session.hall.screens import next_screen, projector
from chainrule.session.hall.show import Show
from chainrule.session.hall.slow_motion import SlowMotion
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.actions.hall_actions import HALL_KEYS, HallKey
from chainrule.ui.hall.lecturer import LecturerWindow
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.hall.window import HallWindow
from chainrule.ui.lesson.lessons import Lessons
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip, title_text
from chainrule.ui.window.showing import do_each

NO_LESSON = gettext_noop("There is no lesson: the menu Lessons of the window has some.")


class Hall(QObject):
    """One showing at a time. The main window stays as it is behind it; keys and buttons do what `HALL_KEYS` says.

    `opened` and `closed` say that it has begun, and that it is over.
    """

    slow_motion: SlowMotion
    show: Show
    opened = Signal()
    closed = Signal()

    def __init__(
        self,
        session: Session,
        trainer: Trainer,
        slow_motion: SlowMotion,
        settings: SettingsStore,
        appearance: Appearance,
        main: QWidget,
    ) -> None:
        super().__init__(main)
        self.slow_motion = slow_motion
        self._session, self._trainer, self._settings = session, trainer, settings
        self._appearance, self._main = appearance, main
        self.show = Show(self)
        self.window: HallWindow | None = None
        self.lecturer: LecturerWindow | None = None
        self._picture: HallPicture | None = None
        self.actions: dict[str, QAction] = {}
        self._screen = 0
        # Those of the main window, once it is known.
        self.lessons: Lessons | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.window is not None

    def open(self) -> None:
        """Show it, on the projector's screen where there is one."""
        if self.window is not None:
            self.window.activateWindow()
            return
        found = QGuiApplication.screens()
        self.show = Show(self)
        self.actions = {key.id: self._make_action(key) for key in HALL_KEYS}
        self._picture = HallPicture(self._session, self._appearance, self.slow_motion, self._main)
        title = title_text(self._session.moment.experiment.title or "Network")
        self.window = HallWindow(self._picture, self.show, list(self.actions.values()), title)
        self.window.closed.connect(self.close)
        own = found.index(self._main.screen())
        self._screen = projector([screen.name() for screen in found], own, self._settings.settings.hall_screen)
        self._connect()
        self._stand(found)
        self.refresh()
        self.opened.emit()

    def _make_action(self, key: HallKey) -> QAction:
        text, tip = gettext(key.text), gettext(key.tip)
        made = QAction(text, self)
        made.setObjectName(key.id)
        # On its button.
        made.setIconText(f"{text} ({key.keys[0]})")
        made.setShortcuts([QKeySequence(each) for each in key.keys if each != "Esc"])
        made.setToolTip(plain_tip(f"{tip} ({', '.join(key.keys)})"))
        made.setCheckable(key.checked is not None)
        made.triggered.connect(partial(self._run, key))
        return made

    def _run(self, key: HallKey, _checked: bool = False) -> None:
        key.run(self)
        self._show_checked()

    def _connect(self) -> None:
        signals, picture = self._session.signals, self._picture
        assert picture is not None
        for signal in (
            signals.cursor_moved,
            signals.document_changed,
            signals.selection_changed,
            signals.training_progressed,
            self._trainer.running_changed,
        ):
            signal.connect(self.refresh)
        signals.cursor_moved.connect(self._turn_page)
        signals.training_progressed.connect(self._turn_page)
        for told in (signals.informed, signals.warned, signals.noticed):
            told.connect(picture.heading.say)
        if self.lessons is not None:
            self.lessons.changed.connect(self._show_lesson)
        self.show.changed.connect(self._show_checked)
        self.slow_motion.changed.connect(self._show_checked)
        self._appearance.changed.connect(self._follow_picture)
        picture.heading.settled.connect(self._follow_picture)

    def _disconnect(self) -> None:
        signals = self._session.signals
        for signal in (
            signals.cursor_moved,
            signals.document_changed,
            signals.selection_changed,
            signals.training_progressed,
            self._trainer.running_changed,
        ):
            signal.disconnect(self.refresh)
        signals.cursor_moved.disconnect(self._turn_page)
        signals.training_progressed.disconnect(self._turn_page)
        if self.lessons is not None:
            self.lessons.changed.disconnect(self._show_lesson)
        self.slow_motion.changed.disconnect(self._show_checked)
        self._appearance.changed.disconnect(self._follow_picture)

    def _stand(self, screens: Sequence[QScreen]) -> None:
        """Put the hall's window on its screen, and the lecturer's on another one."""
        window, picture = self.window, self._picture
        assert window is not None
        assert picture is not None
        others = [screen for place, screen in enumerate(screens) if place != self._screen]
        if others:
            if self.lecturer is None:
                self.lecturer = LecturerWindow(picture, self.show, self.actions, self._appearance)
                self.lecturer.closed.connect(self.close)
                picture.views.add(self.lecturer.notes)
                self._show_lesson()
            self.lecturer.stand_on(self._main.screen() if self._main.screen() in others else others[0])
        window.fill(screens[self._screen])
        # With a screen of their own the lecturer's keys go there, and the hall's window looks the same all the time.
        active = self.lecturer or window
        active.raise_()
        active.activateWindow()
        window.go_to_stage()

    # Following the session

    def refresh(self) -> None:
        """Show what is new of the session's moment."""
        picture = self._picture
        if picture is None:
            return
        in_fast_run = self._trainer.is_at_full_pace
        if in_fast_run != picture.equation.is_brief:
            picture.equation.is_brief = in_fast_run
            picture.views.renew(picture.equation)
        do_each(picture.refresh, self._follow_picture, self._show_checked, self._show_lesson)

    def _follow_picture(self) -> None:
        if self.lecturer is not None:
            self.lecturer.preview.follow()

    def _turn_page(self) -> None:
        self.show.pen.turn_page()

    def _show_checked(self) -> None:
        for key in HALL_KEYS:
            if key.checked is not None and key.id in self.actions:
                self.actions[key.id].setChecked(key.checked(self))

    # What the keys do

    def move(self, action: str) -> None:
        """Do what an action of the main window does; behind a curtain nobody steps: that is lifted first.

        A number that is to be predicted has no field here: the hall says it aloud, and a step shows it.
        """
        if self.show.curtain.lift():
            return
        is_asking = self._session.moment.asked is not None
        self.press("predict.reveal" if is_asking and action == "step.forward" else action)

    def press(self, action: str) -> None:
        """Do what an action of the main window does."""
        found = self._main.findChild(QAction, action)
        assert found is not None, action
        found.trigger()

    def toggle_keys(self) -> None:
        """List the keys, where the lecturer looks, or hide them again."""
        shown = self.lecturer or self.window
        if shown is not None:
            shown.key_sheet.toggle()

    def turn_derivation(self) -> None:
        """Show how a gradient came to be, part by part, and then the network again."""
        if self._picture is not None:
            self._picture.turn_derivation()
            self._follow_picture()

    @property
    def shows_derivation(self) -> bool:
        """Whether it is shown how a gradient came to be."""
        return self._picture is not None and self._picture.shows_derivation

    def turn_lesson(self, steps: int) -> None:
        """Go to another step of the lesson: a lecturer need not have done what it asks for."""
        guide = None if self.lessons is None else self.lessons.guide
        if guide is None or guide.lesson is None:
            self._session.signals.informed.emit(gettext(NO_LESSON))
        else:
            guide.go_to(guide.place + steps)

    def _show_lesson(self) -> None:
        """Show what an author notes for the lecturer."""
        if self.lecturer is not None and self.lessons is not None:
            self.lecturer.lesson.show_step(self.lessons.guide, self._session.moment)

    def enlarge(self, steps: int) -> None:
        """Make all text larger, or smaller."""
        if self._picture is not None:
            self._picture.enlarge(steps)
            self._follow_picture()

    def go_to_next_screen(self) -> None:
        """Show it on the next screen, and the lecturer's on another."""
        screens = QGuiApplication.screens()
        if self.window is None or len(screens) < 2:
            return
        self._screen = next_screen(len(screens), self._screen)
        self._settings.change(hall_screen=screens[self._screen].name())
        self._stand(screens)

    def close(self) -> None:
        """Leave it: back to the window, as it was."""
        window, lecturer = self.window, self.lecturer
        if window is None:
            return
        self.window = self.lecturer = self._picture = None
        self._disconnect()
        self.slow_motion.pause()
        for shown in filter(None, (lecturer, window)):
            shown.close()
            shown.deleteLater()
        for action in self.actions.values():
            action.deleteLater()
        self.actions = {}
        self.show.deleteLater()
        self.closed.emit()
        self._main.raise_()
        self._main.activateWindow()
