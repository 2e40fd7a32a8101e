"""Imports in a thread that leave the other threads free to run: what a window needs to stay alive meanwhile.

Bytecode gives other threads their turn: every 5 ms, which is long for painting, where each call into Qt lets go of the
interpreter's lock and asks for it again. Two things do not: the dynamic linker, for which the import system holds the
lock (0.15 s for libtorch), and a full garbage collection, which walks over every object that the imports made (0.1 s
and more, several times).
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_SUFFIX = "dylib" if sys.platform == "darwin" else "so"
# The order and the flags of torch/__init__.py, which finds them open then.
_LIBRARIES = (
    ("libtorch_global_deps", os.RTLD_LAZY | os.RTLD_GLOBAL if sys.platform != "win32" else 0),
    ("libtorch_python", os.RTLD_LAZY if sys.platform != "win32" else 0),
)
SWITCH_S = 0.0005
_one_at_a_time = threading.Lock()


def import_quietly(names: Sequence[str], before: Sequence[str] = (), beside: Sequence[str] = ()) -> None:
    """Import modules, with torch's libraries opened before them. Where there is a window, in a thread of its own.

    `beside` are imported while these are being opened. They should open no library of their own: the dynamic linker
    opens one after the other, and an import that waits for it holds the interpreter's lock. What opens libraries that
    they need is imported `before`.
    """
    with _one_at_a_time, without_collections(), _quick_turns():
        _import(before)
        opening = threading.Thread(target=open_torch_libraries, name="open the libraries of torch")
        opening.start()
        try:
            _import(beside)
        finally:
            opening.join()
        _import(names)


def _import(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(name)


def open_torch_libraries() -> None:
    """Open torch's libraries with the interpreter's lock released; `import torch` then has them at once.

    On Windows torch itself does so. What cannot be opened is left to `import torch`, which says what is wrong.
    """
    spec = None if sys.platform == "win32" or "torch" in sys.modules else find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return
    import ctypes  # noqa: PLC0415 - not for a command that only has no collections

    # `ctypes.CDLL` would hold the lock; a function that is called through it does not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    for name, flags in _LIBRARIES:
        path = Path(spec.submodule_search_locations[0], "lib", f"{name}.{_SUFFIX}")
        if path.exists():
            dlopen(os.fsencode(path), flags)


@contextmanager
def without_collections() -> Iterator[None]:
    """Collect no garbage inside, and none afterwards of what was made inside: modules stay to the end."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the interpreter's lock change hands more often inside."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
