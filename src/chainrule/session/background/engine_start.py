"""The start of the engine: the first numbers, once torch is loaded behind the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.needs import needs_of
from chainrule.session.files.document_file import DocumentFile
from chainrule.session.files.reopening import Reopened
from chainrule.session.screen.screen import Screen, with_written_selected
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.model.timeline.timeline import Timeline


class EngineStart:
    """Computes what is on the screen for the first time, or lets another experiment take its place."""

    def __init__(self, state: SessionState, file: DocumentFile, loader: EngineLoader, signals: Signals) -> None:
        self._state, self._file, self._loader, self._signals = state, file, loader, signals

    def begin(self) -> None:
        """Show the first numbers. Raises what computing them raises, unless another experiment was opened for that."""
        timeline = engine().timeline()
        try:
            kept, screen, needs = self._first_screen(timeline)
        except (SpecError, RuntimeError, MemoryError) as error:
            if not self._gives_way(error, timeline):
                raise
            self._signals.engine_ready.emit()
            return
        self._loader.timeline = timeline
        self._state.install(screen)
        self._file.begun(kept)
        self._signals.document_changed.emit()
        self._signals.engine_ready.emit()
        if needs is not None:
            self._file.tell_large(self._file.path, needs)

    def _gives_way(self, error: Exception, timeline: Timeline) -> bool:
        """Say why this machine does not compute what is shown; whether another one was opened in its place."""
        shown, file = self._state.experiment, self._file
        refusal = error if isinstance(error, SpecError) else engine().refusal_of(shown, error)
        if refusal is None:
            return False
        opened, self._loader.timeline = file.opened, timeline
        self._signals.refused.emit(shown, refusal, file.path, file.stamp)
        if file.opened is opened:
            self._loader.timeline = None
        return file.opened is not opened

    def _first_screen(self, timeline: Timeline) -> tuple[Reopened, Screen, str | None]:
        """Return what is shown first, and what it needs where that is much: then little of it is remembered."""
        experiment = self._state.experiment
        engine().check_machine(experiment, free=engine().free_memory)
        needs = needs_of(experiment)
        with timeline.keeping_little(needs is not None):
            kept = self._file.begin(timeline)
            return kept, with_written_selected(self._state.prepare(kept.view, timeline=timeline)), needs
