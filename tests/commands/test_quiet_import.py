"""Imports that let the other threads run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.session.programs import LONG_S, result_of

NAME = "a_module_that_looks_about"
LOOKS = "import gc, sys\nseen = gc.isenabled(), sys.getswitchinterval()\nmade = [[]]\n"
IMPORT = f"""
import gc, sys
from chainrule.quiet_import import import_quietly
usual = sys.getswitchinterval()
import_quietly(("{NAME}",))
from {NAME} import made, seen
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / f"{NAME}.py").write_text(LOOKS, encoding="utf-8")
    return tmp_path


def test_nothing_is_collected_meanwhile_and_turns_are_short(folder: Path) -> None:
    enabled, interval = result_of(f"{IMPORT}\nresult = seen", folder)
    assert not enabled
    assert interval < 0.001


def test_what_was_set_before_is_set_again(folder: Path) -> None:
    assert result_of(f"{IMPORT}\nresult = gc.isenabled(), sys.getswitchinterval() == usual", folder) == [True, True]
    off = result_of(f"import gc; gc.disable()\n{IMPORT}\nresult = gc.isenabled()", folder)
    assert off is False


def test_what_an_import_that_fails_has_set_is_set_back(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.py").write_text("raise ImportError('not here')", encoding="utf-8")
    program = f"""
import gc, sys
from chainrule.quiet_import import import_quietly
usual = sys.getswitchinterval()
try:
    import_quietly(("{NAME}",))
except ImportError as error:
    result = str(error), gc.isenabled(), sys.getswitchinterval() == usual
"""
    assert result_of(program, tmp_path) == ["not here", True, True]


def test_later_collections_pass_over_what_was_imported(folder: Path) -> None:
    assert result_of(f"{IMPORT}\nresult = any(found is made for found in gc.get_objects())", folder) is False


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows torch opens its libraries without the lock by itself")
def test_the_libraries_of_torch_are_open_before_torch_is_imported() -> None:
    """The flag asks for a library only if it is open already."""
    program = """
import ctypes, os, sys
from importlib.util import find_spec
from pathlib import Path
from chainrule.quiet_import import open_torch_libraries
folder = Path(find_spec("torch").submodule_search_locations[0], "lib")
path = next(folder.glob("libtorch_python.*"))
def is_open():
    try:
        ctypes.CDLL(str(path), os.RTLD_NOLOAD)
    except OSError:
        return False
    return True
before = is_open()
open_torch_libraries()
result = before, is_open(), "torch" in sys.modules
import torch
assert torch.ones(2).sum().item() == 2.0
"""
    assert result_of(program) == [False, True, False]


def test_where_there_is_no_torch_its_libraries_are_not_missed() -> None:
    program = """
import importlib.util
import chainrule.quiet_import as quiet
quiet.find_spec = lambda name: None
result = quiet.open_torch_libraries()
"""
    assert result_of(program) is None


def test_what_needs_no_torch_is_imported_while_its_libraries_are_being_opened(tmp_path: Path) -> None:
    for name in ("a_library", "a_typesetter", "an_engine"):
        (tmp_path / f"{name}.py").write_text(f"import sys\nsys.came('{name}')\n", encoding="utf-8")
    program = f"""
import threading
import chainrule.quiet_import as quiet
order, meeting = [], threading.Event()
def came(name):
    order.append(name)
    if name == "a_typesetter":
        meeting.set()
def opening():
    order.append("opening")
    meeting.wait({LONG_S})
    order.append("opened")
sys.came, quiet.open_torch_libraries = came, opening
quiet.import_quietly(("an_engine",), before=("a_library",), beside=("a_typesetter",))
result = meeting.is_set(), order
"""
    met, order = result_of(program, tmp_path)
    assert met
    assert (order[0], order[-2:]) == ("a_library", ["opened", "an_engine"])
