"""The window as it was left: its place and its parts' sizes, its look, its pace, and the files used last."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QMenu

from chainrule.session.files.settings import SettingsStore
from chainrule.session.screen.board import Elsewhere, sensible_board
from chainrule.session.session import Session
from chainrule.session.training import DEFAULT_PACE, PACES, Trainer
from chainrule.translation import gettext
from chainrule.ui.board.kinds import USUAL_BOARD, VIEW_KINDS
from chainrule.ui.equation.view import EquationView
from chainrule.ui.files.files import Files
from chainrule.ui.folding.body import Body
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import menu_text, plain_tip
from chainrule.ui.window.screen import put_within_reach

SCHEMES = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


class Remembering(QObject):
    """Puts a window back as it was, and writes down how it is when it closes."""

    def __init__(
        self,
        store: SettingsStore,
        session: Session,
        trainer: Trainer,
        appearance: Appearance,
        body: Body,
        equation: EquationView,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._store, self._session, self._trainer = store, session, trainer
        self._appearance, self._splitters, self._window = appearance, body.splitters, window
        self._folding, self._board, self._equation = body.folding, body.board, equation

    def restore(self) -> None:
        """Restore the window's look before it is shown. What Qt does not take is left as it is."""
        settings = self._store.settings
        if settings.scheme in SCHEMES:
            self._appearance.set_scheme(SCHEMES[settings.scheme])
        self._appearance.set_scale(settings.text_scale)
        if settings.geometry and self._window.restoreGeometry(_bytes(settings.geometry)):
            put_within_reach(self._window)
        known = {kind.id for kind in VIEW_KINDS}
        written = (settings.board, settings.views_away, settings.views_in_windows)
        # Before the sizes of its cards.
        self._board.restore(sensible_board(*written, USUAL_BOARD, known), settings.view_windows)
        if len(settings.splitters) == len(self._splitters):
            for splitter, state in zip(self._splitters, settings.splitters, strict=True):
                splitter.take_state(_bytes(state))
        self._folding.set_folded(settings.folded)
        # By its label, which a version with other paces may not know.
        self._trainer.set_pace(next((pace for pace in PACES if pace.label == settings.pace), DEFAULT_PACE))
        self._session.navigator.set_by_number(settings.by_number)
        self._equation.unfold(settings.derivation)

    def write(self) -> None:
        """Write the settings at the end."""
        # Not the one that an experiment has brought.
        board = self._board.own or self._board.board
        schemes = {scheme: name for name, scheme in SCHEMES.items()}
        self._store.change(
            scheme=schemes.get(self._appearance.scheme, ""),
            text_scale=self._appearance.scale,
            board=board.places,
            views_away=tuple(view for view, at in board.others.items() if at is Elsewhere.AWAY),
            views_in_windows=tuple(view for view, at in board.others.items() if at is Elsewhere.WINDOW),
            view_windows=self._board.places.geometries,
            geometry=_text(self._window.saveGeometry()),
            splitters=tuple(_text(splitter.state()) for splitter in self._splitters),
            folded=self._folding.folded,
            pace=self._trainer.pace.label,
            by_number=self._session.navigator.by_number,
            derivation=self._equation.is_unfolded,
        )


class RecentMenu(QMenu):
    """The files used last, the newest first; one that is gone is told when it is chosen, and leaves the menu.

    `troubled` says, once, why they cannot be remembered.
    """

    troubled = Signal(str)

    def __init__(self, store: SettingsStore, files: Files, parent: QMainWindow) -> None:
        super().__init__(gettext("Open recent"), parent)
        self.setObjectName("file.recent")
        self._store, self._files, self._reported = store, files, store.problem
        files.used.connect(self._add)
        self._fill()

    def _add(self, path: Path) -> None:
        self._store.add_recent(path)
        self._fill()
        if self._store.problem != self._reported:
            self._reported = self._store.problem
            self.troubled.emit(self._reported)

    def _fill(self) -> None:
        self.clear()
        names = self._store.settings.recent
        for place, name in enumerate(names, start=1):
            path = Path(name)
            action = self.addAction(f"&{place}  {menu_text(path.name)}")
            action.setToolTip(plain_tip(name))
            action.setStatusTip(name)
            action.triggered.connect(lambda _checked=False, path=path: self._open(path))
        if names:
            self.addSeparator()
            self.addAction(gettext("Clear the list"), self._forget_all).setObjectName("file.recent.clear")
        self.setEnabled(bool(names))

    def _open(self, path: Path) -> None:
        # Not by the path's own method, which raises where it may not look.
        if not os.path.exists(path):
            self._store.change(recent=tuple(name for name in self._store.settings.recent if name != str(path)))
            self._fill()
        self._files.open_recent(path)

    def _forget_all(self) -> None:
        self._store.change(recent=())
        self._fill()


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", errors="replace"))
