"""Which files go into the bundle."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from contents import AS_FILES, Entry, bytecode, is_kept, reachable, whole_links
from tests.session.programs import result_of

QT = "PySide6/Qt"
AS_FILE = "torch/_library/custom_ops.py"


@pytest.mark.parametrize(
    "path",
    [
        f"{QT}/plugins/platforms/libqxcb.so",
        f"{QT}/plugins/platforms/libqoffscreen.so",
        f"{QT}/plugins/iconengines/libqsvgicon.so",
        r"PySide6\plugins\platforms\qwindows.dll",
        f"{QT}/plugins/platforms/libqcocoa.dylib",
        "torch/lib/libtorch_cpu.so",
        "torch/bin/torch_shm_manager",
        "torch-2.13.0.dist-info/METADATA",
        "chainrule/resources/icons/play.svg",
        "chainrule/resources/languages/de/LC_MESSAGES/chainrule.mo",
    ],
)
def test_what_the_program_needs_is_kept(path: str) -> None:
    assert is_kept(path)


@pytest.mark.parametrize(
    "path",
    [
        f"{QT}/plugins/platformthemes/libqgtk3.so",
        f"{QT}/plugins/platforms/libqminimalegl.so",
        r"PySide6\plugins\qmltooling\qmldbg_tcp.dll",
        f"{QT}/translations/qtbase_de.qm",
        "torch/lib/libtorchbind_test.so",
        "torch-2.13.0.dist-info/RECORD",
    ],
)
def test_what_it_does_not_need_is_left(path: str) -> None:
    assert not is_kept(path)


def library(path: str) -> Entry:
    return (path, f"/from/{path}", "BINARY")


def test_libraries_that_only_a_plugin_needed_are_left_with_it() -> None:
    plugin = library(f"{QT}/plugins/platforms/libqxcb.so")
    core, gui = library(f"{QT}/lib/libQt6Core.so.6"), library(f"{QT}/lib/libQt6Gui.so.6")
    theirs = library("libgtk-3.so.0")
    python, opened = library("libpython3.11.so.1.0"), library("libEGL.so.1")
    module: Entry = ("torch/_C.so", "/from/torch/_C.so", "EXTENSION")
    needs = {plugin[1]: ["libQt6Gui.so.6", "libc.so.6"], gui[1]: ["libQt6Core.so.6"], core[1]: ["libQt6Core.so.6"]}

    kept = reachable([plugin, theirs, core, gui, python, opened, module], lambda source: needs.get(source, []))

    assert kept == [plugin, core, gui, python, opened, module]


def test_links_to_libraries_that_are_left_are_left() -> None:
    core = library(f"{QT}/lib/libQt6Core.so.6")
    link: Entry = ("libQt6Core.so.6", core[0], "SYMLINK")
    dangling: Entry = ("libQt6Qml.so.6", f"{QT}/lib/libQt6Qml.so.6", "SYMLINK")
    data: Entry = ("a.json", "/from/a.json", "DATA")

    assert whole_links([link, dangling, data], [core]) == [link, data]


def test_bytecode_goes_beside_a_module_that_is_a_file(tmp_path: Path) -> None:
    """Python takes it, whatever times the archive gave the files."""
    source = tmp_path / "custom_ops.py"
    source.write_text("import sys\nfile = sys._getframe().f_code.co_filename\n", encoding="utf-8")
    other: Entry = ("torch/functional.py", str(source), "DATA")

    ((path, compiled, kind),) = bytecode([other, (AS_FILE, str(source), "DATA")], tmp_path)

    assert (path, kind) == (f"torch/_library/__pycache__/custom_ops.{sys.implementation.cache_tag}.pyc", "DATA")
    bundled = tmp_path / "bundle" / AS_FILE
    cached = tmp_path / "bundle" / path
    cached.parent.mkdir(parents=True)
    shutil.copy(compiled, cached)
    bundled.write_text("raise ImportError('compiled again')", encoding="utf-8")
    program = "import sys; sys.pycache_prefix = None\nimport custom_ops\nresult = custom_ops.file"
    assert result_of(program, bundled.parent) == str(bundled)


def test_no_other_module_is_asked_for_its_frames_when_torch_is_imported() -> None:
    """`inspect` would look through all modules of the bundle, each time."""
    program = """
import inspect
from collections import Counter
asked, find = Counter(), inspect.getframeinfo
def counted(frame, context=1):
    asked[frame.f_globals["__name__"]] += 1
    return find(frame, context)
inspect.getframeinfo = counted
import torch
result = [name for name, times in asked.items() if times > 20]
"""
    assert set(result_of(program)) <= set(AS_FILES)
