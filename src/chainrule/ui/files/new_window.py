"""Another window: the program once more, beside this one.

A process of its own: both can train at the same time, and where one ends unexpectedly the other does not.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess


def command() -> tuple[str, list[str]]:
    """Return the program that this is, and the arguments that start it."""
    # Of the standalone program, Python's executable is the program itself.
    return sys.executable, [] if getattr(sys, "frozen", False) else ["-m", "chainrule"]


def open_new_window() -> bool:
    """Start the program once more, on the opening example; False where that fails."""
    process = QProcess()
    program, arguments = command()
    process.setProgram(program)
    process.setArguments(arguments)
    # Whoever reads what this window prints would wait for the end of the other one too.
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(QProcess.nullDevice())
    # PySide6 returns a bool here, and says in its types that it is a pair.
    started: object = process.startDetached()
    return started[0] if isinstance(started, tuple) else bool(started)
