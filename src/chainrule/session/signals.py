"""What the session tells whoever listens: views, runs, the referee, and what keeps copies."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Signals(QObject):
    """The signals of one session: all parts emit them here, and all views connect here."""

    # What is on the screen: another document, another place in it, another look at it, a run that has come further.
    document_changed = Signal()
    cursor_moved = Signal()
    selection_changed = Signal()
    training_progressed = Signal()
    # Whether a step shows one number.
    by_number_changed = Signal(bool)
    # Before `document_changed`, where another document has taken the place of this one.
    replaced = Signal()
    # Numbers can be computed now.
    engine_ready = Signal()
    # The experiment on the screen, where this machine turns out not to compute it, the `SpecError`, its path and its
    # stamp: whoever opened it opens another one in its place before the signal returns, and `engine_ready` follows.
    refused = Signal(object, object, object, object)
    # The reason why a device has no memory left, or is gone: what was computed last stays on the screen.
    device_failed = Signal(str)
    # What one may like to know, what one should look at, and what went wrong or could not be done.
    informed = Signal(str)
    warned = Signal(str)
    noticed = Signal(str)
    # After what is said of it: the view whose run an edit has put aside.
    put_aside = Signal(object)
    # Just before a file is put in its place: its path, the point that it holds, and its stamp.
    saving = Signal(object, object, object)
    # Before `document_changed`: what is saved needs no copy any more.
    saved = Signal()
