"""Which of the files that PyInstaller has found go into the bundle.

A table of contents is PyInstaller's: a list of (path in the bundle, source file, type code).
"""

from __future__ import annotations

import py_compile
import sys
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from left_out import QT_PLUGINS_KEPT, file_patterns

Entry = tuple[str, str, str]

# Qt's libraries and those of the system lie here; what is in any other folder is asked for by name.
_LIBRARY_FOLDERS = frozenset({".", "PySide6", "PySide6/Qt/lib"})

# No library names these as its own: Qt opens them by name, at run time.
OPENED_BY_NAME = ("libGL.so.1", "libEGL.so.1", "libGLX.so.0", "libGLdispatch.so.0", "libxcb.so.1")

# Modules that lie in the bundle as files, source and bytecode, and not in the archive. What comes from there does not
# know its folder, and to find the file of such a frame `inspect` looks through all modules that there are. When torch
# is imported, it asks `inspect` for frames of this one more than a hundred times: 0.3 s.
AS_FILES = ("torch._library.custom_ops",)


def is_kept(path: str) -> bool:
    """Return whether the file at this path in the bundle is wanted at all."""
    path = path.replace("\\", "/")
    if any(fnmatch(path, pattern) for pattern in file_patterns()):
        return False
    _, separator, plugin = path.partition("/plugins/")
    if path.startswith("PySide6/") and separator:
        return any(fnmatch(plugin, pattern) for pattern in QT_PLUGINS_KEPT)
    return True


def reachable(binaries: Iterable[Entry], needs: Callable[[str], Iterable[str]]) -> list[Entry]:
    """Return the binaries without the libraries that none of the others needs any more.

    `needs` gives the names of the libraries that a file is linked to. A plugin that is left out leaves its libraries
    behind, because PyInstaller has collected them already.
    """
    entries = list(binaries)
    libraries = {_name(entry): entry for entry in entries if _is_library(entry)}
    wanted = [entry for entry in entries if not _is_library(entry)]
    wanted += [libraries[name.lower()] for name in OPENED_BY_NAME if name.lower() in libraries]
    seen = {_name(entry) for entry in wanted if _is_library(entry)}
    for entry in wanted:
        for name in map(str.lower, needs(entry[1])):
            if name in libraries and name not in seen:
                seen.add(name)
                wanted.append(libraries[name])
    kept = {entry[0] for entry in wanted}
    return [entry for entry in entries if entry[0] in kept]


def bytecode(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """Compile those of the entries that are `AS_FILES` into a folder; returns the entries of their bytecode.

    It holds whenever the files were unpacked: Python compares neither time nor size.
    """
    wanted = {f"{name.replace('.', '/')}.py" for name in AS_FILES}
    made = []
    for path, source, kind in entries:
        if _slashes(path) in wanted:
            module = PurePosixPath(_slashes(path))
            target = module.parent / "__pycache__" / f"{module.stem}.{sys.implementation.cache_tag}.pyc"
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            compiled = py_compile.compile(
                source, str(folder / target.name), dfile=str(module), doraise=True, invalidation_mode=mode
            )
            made.append((str(target), str(compiled), kind))
    return made


def whole_links(entries: Iterable[Entry], binaries: Iterable[Entry]) -> list[Entry]:
    """Return the entries without the links to libraries that were left out; a link's source is a path in the bundle."""
    kept = {entry[0] for entry in binaries}
    return [entry for entry in entries if entry[2] != "SYMLINK" or entry[1] in kept]


def _is_library(entry: Entry) -> bool:
    path = PurePosixPath(_slashes(entry[0]))
    return entry[2] == "BINARY" and str(path.parent) in _LIBRARY_FOLDERS and not _is_bindings(path)


def _is_bindings(path: PurePosixPath) -> bool:
    # PySide6's modules lie beside Qt's libraries, and Python itself is opened by the executable, by name.
    return path.name.startswith(("Qt", "libpython", "python3", "Python")) and not path.name.startswith("Qt6")


def _name(entry: Entry) -> str:
    # Windows asks for VCRUNTIME140.dll and vcruntime140.dll alike.
    return PurePosixPath(_slashes(entry[0])).name.lower()


def _slashes(path: str) -> str:
    return path.replace("\\", "/")
