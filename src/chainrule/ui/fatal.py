"""Where Qt ends the process while it starts: for want of a screen, of a plug-in, of what its platform draws with.

It says why, and aborts. The message is the last that comes back to us, and is taken as the moment to do something else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler

from chainrule.catalog.arguments import one_line

LONGEST = 300


@contextmanager
def instead_of_abort(proceed: Callable[[str], int]) -> Iterator[None]:
    """Call `proceed` with Qt's words where Qt would abort, and end the process with the status that it returns.

    What Qt says that is no reason to end is held back, and told when the start is over.
    """
    held: list[tuple[str, str]] = []

    def handle(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        held.append((text, qFormatLogMessage(kind, context, text)))
        if kind is QtMsgType.QtFatalMsg:
            # Qt aborts when this function returns, and an exception cannot leave it.
            status = 1
            try:
                status = proceed(_reason([said for said, _ in held]))
            finally:
                os._exit(status)

    qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(None)
        if sys.stderr is not None:
            for _, line in held:
                print(line, file=sys.stderr)


def _reason(texts: list[str]) -> str:
    """Return what was said, each sentence once, as much as a line holds.

    The last word is the reason, and stands first.
    """
    sentences = dict.fromkeys(" ".join(text.split()) for text in reversed(texts))
    return one_line("; ".join(filter(None, sentences)))[:LONGEST]
