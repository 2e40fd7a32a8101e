"""Reopening: the screen and the entries to undo that a file has kept, where it was saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.screen import View
from chainrule.session.undo import NO_ENTRIES, UndoEntries, UndoEntry

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory, SavedView
    from chainrule.model.timeline.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Reopened:
    """What was on the screen, and what could be undone and done again."""

    view: View
    entries: UndoEntries = NO_ENTRIES


def is_worth_keeping(view: View) -> bool:
    """Return whether a document is anything but an experiment at its beginning, which a file says by itself."""
    document = view.document
    begun = view.cursor.iteration > document.first or view.cursor.position > 0
    return begun or document.trained > document.first or bool(document.edits_in_training or document.pinned)


def fitting_history(history: SavedHistory, experiment: Experiment) -> SavedHistory:
    """Return the history with its experiments checked, of which the first is given; `SpecError` where one is wrong."""
    from chainrule.model.reopening.restoring import checked_history  # noqa: PLC0415 - few files need it

    return checked_history(history, experiment)


def reopened(history: SavedHistory, timeline: Timeline | None) -> Reopened:
    """Return what a history that was checked kept; without the engine, what can be looked at until it is there.

    Raises `SpecError` where it does not fit its experiments.
    """
    if timeline is None:
        from chainrule.model.reopening.restoring import restored_documents  # noqa: PLC0415 - few files need it

        here = _view(history.view, restored_documents(history))
        # There is no micro-step yet.
        return Reopened(replace(here, cursor=Cursor(here.cursor.iteration)))
    documents = engine().restored(history, timeline)
    entries = [
        UndoEntry(each.text, _view(each.before, documents), _view(each.after, documents)) for each in history.edits
    ]
    undo = UndoEntries(tuple(entries[: history.done]), tuple(entries[history.done :]))
    return Reopened(_view(history.view, documents), undo)


def _view(view: SavedView, documents: tuple[Document, ...]) -> View:
    return View(documents[view.document], view.cursor, view.horizon)
