"""Starting the program: the window first, torch behind it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.display import Display
from chainrule.lessons.lesson.shipped import is_lesson
from chainrule.model.files.storage import read_experiment, read_stamped
from chainrule.resource_files import OPENING_EXAMPLE, resources_directory
from chainrule.session.files.in_use import FilesInUse
from chainrule.session.files.recovery import Recovery, recovery_folder
from chainrule.session.files.settings import SettingsStore
from chainrule.session.session import Session
from chainrule.translation import choose_language, wanted_languages
from chainrule.ui.fatal import instead_of_abort
from chainrule.ui.files.files import why_not_read
from chainrule.ui.files.recovering import Recovering
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.motion import Motion
from chainrule.ui.window.main_window import MainWindow

NAME = "chainrule"
# What the title of an experiment is followed by that Python gave: it is in no file.
FROM_PYTHON = "from Python"


def make_application(arguments: list[str]) -> QApplication:
    """Return the QApplication of this process, made if there is none."""
    # Nothing here is drawn by OpenGL: a driver that is broken need not be loaded for it.
    os.environ.setdefault("QT_XCB_GL_INTEGRATION", "none")
    running = QApplication.instance()
    if isinstance(running, QApplication) and running.desktopFileName() == NAME:
        # As another window made it: a style that is set anew lays out everything in all windows again.
        return running
    application = running if isinstance(running, QApplication) else QApplication(arguments)
    application.setApplicationName(NAME)
    application.setApplicationDisplayName("Chainrule")
    application.setDesktopFileName(NAME)
    application.setWindowIcon(QIcon(str(resources_directory() / "icons" / "chainrule.svg")))
    application.setStyle("Fusion")
    return application


def open_window(
    path: str | Path | None = None,
    settings: SettingsStore | None = None,
    unsaved: Path | None = None,
    given: Experiment | None = None,
) -> MainWindow:
    """Make and show the window on an experiment file, on one that Python gave, on the folder of a lesson, or on the
    opening example.

    Without `settings` nothing is remembered of it for another time. In the folder `unsaved`, if there is one, it keeps
    a copy of what is not saved, and offers what others left there.

    A file that cannot be opened is told in the window, which shows the example instead. The engine is loaded after the
    first paint; any command that needs it sooner waits for it.
    """
    make_application(sys.argv[:1])
    lesson = None if path is None or not is_lesson(Path(path)) else Path(path)
    session, notice = _begun(None if path is None or lesson else Path(path), given)
    shown = session.path
    settings = settings or SettingsStore()
    window = MainWindow(session, Appearance(motion=Motion(settings)), settings)
    if given is not None and not notice:
        window.files.origin = FROM_PYTHON
        session.signals.document_changed.emit()
    if unsaved is not None:
        recovery = Recovery(session.file, session.signals, unsaved, window)
        window.closed.connect(recovery.close)
        Recovering(session, recovery, window.files, window)
        in_use = FilesInUse(session.file, session.signals, unsaved.parent / "open", window)
        window.closed.connect(in_use.close)
        session.signals.engine_ready.connect(in_use.update)
        used_last = str(shown.parent) if shown else settings.settings.folder
        if used_last:
            session.signals.engine_ready.connect(lambda: window.files.saving.clean(Path(used_last)))
    if shown is not None:
        window.files.used.emit(shown)
    notice = " ".join(filter(None, (notice, settings.problem)))
    if notice:
        window.notice.say(notice)
    elif settings.is_new:
        window.beside.offer_tour(window.notice, window.actions_by_id["help.tour"].trigger)
    window.show()
    if lesson is not None:
        # Its first step is computed.
        begin = partial(window.lessons.open, lesson)
        session.signals.engine_ready.connect(begin, Qt.ConnectionType.SingleShotConnection)
    return window


def run(
    path: Path | None, display: Display, without: Callable[[str], int], given: Experiment | None = None
) -> NoReturn:
    """Open the window, stay until it is closed, and end the process with the exit status.

    The display that was found is let go once Qt has it. Where Qt cannot start on it after all, `without` is called with
    the reason, and its status is the exit status.
    """
    with instead_of_abort(lambda reason: without(f"Qt could not start ({reason})")):
        application = make_application(sys.argv[:1])
        display.close()
        settings = SettingsStore.of_user()
        choose_language(wanted_languages(settings.settings.language, QLocale.system().uiLanguages()))
        window = open_window(path, settings, recovery_folder(), given)
    window.faults.install()
    window.fit_into(window.screen().availableGeometry())
    status = application.exec()
    delete(window)
    # It hands the clipboard over before it goes.
    application.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    # All is saved. Python would wait for what is still being imported, and take torch apart piece by piece.
    os._exit(status)


def _begun(path: Path | None, given: Experiment | None) -> tuple[Session, str]:
    """Return a session on what a file holds, or on the opening example, with what is to be said of that."""
    if given is not None:
        try:
            return Session(given), ""
        except SpecError as error:
            example = read_experiment(OPENING_EXAMPLE)
            return Session(example), f"What Python gave was not opened. {why_not_read(error, example)}"
    if path is None:
        return Session(read_experiment(OPENING_EXAMPLE)), ""
    try:
        contents, stamp = read_stamped(path)
        session = Session(contents.experiment)
    except SpecError as error:
        example = read_experiment(OPENING_EXAMPLE)
        return Session(example), f"{path.name} was not opened. {why_not_read(error, example)}"
    session.file.path, session.file.stamp = path, stamp
    if contents.history is not None:
        session.file.open(session.experiment, path, history=contents.history, stamp=stamp)
    return session, ""
