"""Undo of all, and redo of all: each document is again what it was, and what is shown is what a fresh trace gives."""

from __future__ import annotations

import hashlib
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.files.encoding import encode_experiment
from chainrule.ui.window.main_window import MainWindow
from tests.soak.acts import turn
from tests.soak.checks import check_numbers

# A document of more numbers than this is not worked on, or the walk would stand still.
LARGE = 4_000
# Of a document so many segments are looked at; and so far apart are the documents whose numbers are compared.
SEGMENTS, APART = 4, 7


def size(experiment: Experiment) -> int:
    """How many numbers an experiment has: those of its data, and of a sample's way through the network."""
    widths = [experiment.network.inputs, *(layer.units for layer in experiment.network.layers)]
    weights = sum(before * after for before, after in pairwise(widths))
    return weights + len(experiment.data.inputs) * sum(widths)


class Remembered:
    """What each document was when it was first seen, to the last digit."""

    def __init__(self) -> None:
        self._seen: dict[Document, str] = {}

    def note(self, document: Document) -> None:
        """Remember a document, if it is a new one and small."""
        if document not in self._seen and size(document.segments[-1].experiment) <= LARGE:
            self._seen[document] = _print_of(document)

    def check(self, document: Document) -> None:
        """Fail where a document that was seen is another one now."""
        if document in self._seen:
            assert _print_of(document) == self._seen[document], "a document has changed since it was edited"

    def forget(self) -> None:
        """Begin anew: memory is not to grow with the walk."""
        self._seen.clear()


def _print_of(document: Document) -> str:
    digest = hashlib.blake2b(repr(document.trained).encode())
    for segment in (*document.segments[:1], *document.segments[-SEGMENTS:]):
        digest.update(encode_experiment(segment.experiment))
        digest.update(repr((segment.start, segment.state, segment.overrides)).encode())
    return digest.hexdigest()


def undo_and_redo_all(window: MainWindow, remembered: Remembered) -> int:
    """Go to the bottom of the undo stack and up again, one by one; return how many entries there are."""
    session = window.session
    window.trainer.pause()
    # What is typed or dragged is let go.
    for _ in range(2):
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Escape)
        turn()
    window.stage_panel.stage.setFocus()
    turn()
    stack = session.undo_stack
    while stack.canRedo():
        stack.redo()
    count, last, shown = stack.count(), session.document, session.cursor
    for place in reversed(range(count)):
        stack.undo()
        _check(window, remembered, place)
    first = session.document
    if count:
        assert first is stack._command(0).before.document, "undone, it is not the first document"
    for place in range(count):
        stack.redo()
        _check(window, remembered, place)
    assert session.document is last, "redone, it is not the last document"
    if count:
        assert session.cursor == stack._command(count - 1).after.cursor, f"redone at {session.cursor}, was at {shown}"
    assert (stack.count(), stack.index()) == (count, count), "undo itself has edited"
    check_numbers(window)
    return count


def _check(window: MainWindow, remembered: Remembered, place: int) -> None:
    remembered.check(window.session.document)
    if place % APART == 0:
        turn()
        check_numbers(window)
