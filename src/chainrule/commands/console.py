"""What every command does with its output and its errors: one line on stderr, peace with a closed pipe."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.catalog.experiment.spec_error import SpecError, one_line

FAILED = 2
_INTERRUPTED = 130
# How the dynamic linker tells that a library finds no room.
_NO_ROOM = ("failed to map segment", "cannot allocate memory", "cannot apply additional memory protection")


class CommandError(Exception):
    """What stops a command, in one line."""


def run_command(command: Callable[[], int]) -> int:
    """Run a command and return its exit status; what goes wrong becomes one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that has no nabla shows a question mark in its place.
        sys.stdout.reconfigure(errors="replace")
    try:
        status = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough: `chainrule trace FILE | head -1`.
        _discard_output()
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (CommandError, SpecError) as error:
        return fail(str(error))
    except ImportError as error:
        if any(words in str(error).lower() for words in _NO_ROOM):
            return fail(f"not enough memory: {error}")
        return fail(f"{error}; chainrule doctor says what is missing")
    except MemoryError:
        return fail("not enough memory")
    except OSError as error:
        return _fail_with(error)
    return status


def _fail_with(error: OSError) -> int:
    """Say what the system refused: a file by its name, memory, or else the output, which alone has no name."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return fail(f"{os.fsdecode(error.filename)}: {reason}")
    if error.errno == errno.ENOMEM:
        return fail(f"not enough memory: {reason}")
    _discard_output()
    return fail(f"the output cannot be written: {reason}")


def check_output() -> None:
    """Refuse to begin where nothing can be printed: Python has no output where it was closed, and says nothing."""
    if sys.stdout is None:
        raise CommandError("the output cannot be written: it is closed")


@contextmanager
def computing() -> Iterator[None]:
    """Turn what torch says of a device that cannot do it, or has no memory left, into one line."""
    try:
        yield
    except RuntimeError as error:
        # Its first line says what; the rest is torch's own stack.
        raise CommandError(f"the computation failed: {str(error).partition(chr(10))[0]}") from None


def fail(message: str) -> int:
    """Say why, after what was printed until now, and return the status of a failure."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _discard_output()
    if sys.stderr is not None:
        print(f"chainrule: {one_line(message)}", file=sys.stderr)
    return FAILED


def _discard_output() -> None:
    """Send what is left of the output nowhere: Python flushes it once more at its end, and would complain."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, output)
    os.close(nowhere)
