"""`chainrule doctor`: what is here, what is missing, and how to get it. Loads no Qt."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata

from chainrule import __version__, system_libraries
from chainrule.display import find_display
from chainrule.surroundings import lack_of_folder, lack_of_memory

# Distribution, and what pip is asked for.
_PACKAGES = {
    "torch": "torch",
    "PySide6-Essentials": "PySide6-Essentials>=6.8,<6.12",
    "pyqtgraph": "pyqtgraph",
    "numpy": "numpy",
    "msgspec": "msgspec",
    "ziamath": "ziamath",
}
_WIDTH = 20


def doctor() -> int:
    """Print the report; 0 where nothing is missing, else 1."""
    problems: list[str] = []
    for name, found in _report(problems):
        print(f"{name:<{_WIDTH}}{found}")
    for problem in problems:
        print(f"missing: {problem}")
    if not problems:
        print("nothing is missing")
    return 1 if problems else 0


def _report(problems: list[str]) -> Iterator[tuple[str, str]]:
    """Name and finding, line by line; what must be done is added to `problems`."""
    yield "chainrule", __version__
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "platform", f"{platform.system()} {platform.release()} {platform.machine()}"
    for package, requirement in _PACKAGES.items():
        yield package, _version(package, requirement, problems)
    yield "devices", _devices(problems)
    yield "system libraries", _system_libraries(problems)
    yield "Qt platform", os.environ.get("QT_QPA_PLATFORM") or "chosen by Qt (QT_QPA_PLATFORM is not set)"
    # Not counted as missing: all commands but the window run without a display.
    with closing(find_display()) as display:
        reason = display.reason
    yield "display", "found" if reason is None else f"none for a window: {reason}"


def _version(package: str, requirement: str, problems: list[str]) -> str:
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        problems.append(f'{package}; get it with: pip install "{requirement}"')
        return "missing"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if package == "PySide6-Essentials" and numbers >= (6, 12) and sys.version_info < (3, 12):
        problems.append(
            f"a PySide6 that works: {version} ends the program on Python 3.11; "
            f'get another with: pip install "{requirement}"'
        )
    return version


def _devices(problems: list[str]) -> str:
    if (reason := lack_of_folder()) is not None:
        problems.append(f"a folder; {reason}")
        return "none"
    if (reason := lack_of_memory(window=False)) is not None:
        problems.append(f"memory; {reason}")
        return "none"
    # Not at the top: a torch that cannot be imported is something to report.
    try:
        devices = importlib.import_module("chainrule.engine.machine.devices")
        return ", ".join(devices.available_devices())
    except (ImportError, OSError, RuntimeError) as error:
        problems.append(f"a torch that can be imported; this one says: {error}")
        return "none"


def _system_libraries(problems: list[str]) -> str:
    missing = system_libraries.missing()
    if not missing:
        return "all found"
    problems.append(f"system libraries; {system_libraries.how_to_get(missing)}")
    return f"{', '.join(library.name for library in missing)} missing"
