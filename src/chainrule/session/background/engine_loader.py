"""The engine (torch), loaded behind the window, and the timeline that computes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from chainrule.session.background.lazy_engine import ENGINE
from chainrule.session.background.module_loader import ModuleLoader

if TYPE_CHECKING:
    from chainrule.model.timeline.timeline import Timeline

# What is imported behind the window beside torch: the typesetter that shows what it computes.
TYPESETTER = "ziamath"
# What opens libraries of what the typesetter imports.
TYPESETTER_LIBRARIES = ("csv", "xml.etree.ElementTree", "xml.sax.saxutils")


class EngineLoader:
    """Loads the engine; until it is there the document can be looked at, and whatever computes waits for it.

    `timeline` is the computed past of all documents; None until the engine has begun.
    """

    def __init__(self, parent: QObject) -> None:
        self.timeline: Timeline | None = None
        self._begin: Callable[[], None] | None = None
        self._loader = ModuleLoader(
            ENGINE, TYPESETTER, before=TYPESETTER_LIBRARIES, beside=(TYPESETTER,), parent=parent
        )

    def when_loaded(self, begin: Callable[[], None]) -> None:
        """Do this once the engine is loaded: it sets `timeline`, or raises what keeps it from that."""
        self._begin = begin
        self._loader.loaded.connect(begin)

    @property
    def is_loaded(self) -> bool:
        """Whether torch is there, even if nothing is computed with it yet."""
        return self._loader.is_loaded

    def load(self) -> None:
        """Begin to load torch, if it is not loaded."""
        self._loader.start()

    def wait(self) -> Timeline:
        """Return the timeline, once the engine is loaded."""
        if self.timeline is None:
            self._loader.wait()
        if self.timeline is None and self._begin is not None:
            # What went wrong when it was loaded is tried again, and told to whoever waits.
            self._begin()
        assert self.timeline is not None
        return self.timeline

    def close(self) -> None:
        """Wait for the engine no longer."""
        self._loader.close()
