"""What importing the session loads, seen in a fresh interpreter: a window is painted before torch is there."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule
import chainrule.session
from tests.session.programs import result_of

# What `lazy_engine` imports is all that needs torch.
FOUND = {module.name for module in pkgutil.walk_packages(chainrule.session.__path__, "chainrule.session.")}
MODULES = sorted(FOUND - {"chainrule.session.background.engine"})
PACKAGE = Path(chainrule.__path__[0])
# What msgspec reads and writes files with takes its time, but needs no torch; nor does what reads tables, which nothing
# needs before somebody imports one.
_LATE_FOR_TIME = {
    *(f"chainrule.model.files.{name}" for name in ("decoding", "encoding")),
    *(f"chainrule.model.importing.{name}" for name in ("draft", "reading", "samples", "sketch")),
    # Where a file was is taken up, and kept, once there is a window.
    "chainrule.model.reopening.restoring",
    "chainrule.session.files.collecting",
    # Slow motion, and the hall, are there when somebody asks for them.
    "chainrule.session.hall.slow_motion",
    # Few windows have a lesson.
    "chainrule.lessons.lesson.folder",
    "chainrule.session.lessons.guide",
    # Few windows grade a class, or look at printed numbers.
    *(f"chainrule.session.teaching.{name}" for name in ("grading", "published")),
    "chainrule.session.lessons.watching",
}
# These load torch: somebody has asked for them by then, and torch is there, or is waited for.
_LATE_FOR_TORCH = {
    # For whoever writes worksheets and quizzes, which are typeset, too.
    "chainrule.commands.tasks",
    *(f"chainrule.lessons.assignments.{name}" for name in ("asking", "roster", "variants", "worksheet")),
    "chainrule.session.papers.pages",
    # For whoever grades answers.
    *(f"chainrule.lessons.grading.{name}" for name in ("feedback", "grader", "overview", "pages")),
    "chainrule.lessons.grading",
    # For whoever compares printed numbers.
    *(f"chainrule.lessons.published.{name}" for name in ("comparison", "side_by_side", "table")),
    # For the author of a lesson.
    "chainrule.lessons.lesson.checking",
    "chainrule.explain.code.writing.script",
    "chainrule.model.weights.matching",
    "chainrule.model.weights.weight_files",
    "chainrule.session.background.engine",
}
LATE = _LATE_FOR_TIME | _LATE_FOR_TORCH
# Settings are read before there is a window, as the first experiment is; what a copy begins with is read like them.
# What grades, or compares, reads a file when somebody asks for it.
WITH_MSGSPEC = {
    *(f"chainrule.session.files.{name}" for name in ("settings", "copies", "recovery", "collecting")),
    *(f"chainrule.session.teaching.{name}" for name in ("grading", "published")),
}
HEAVY = ("torch", "numpy", "ziamath", "msgspec", "PySide6.QtWidgets", "pyqtgraph")
LOADED = f"result = [name for name in {HEAVY!r} if name in sys.modules]"


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_neither_torch_nor_widgets(module: str) -> None:
    expected = ["msgspec"] if module in WITH_MSGSPEC else []
    assert result_of(f"import {module}\n{LOADED}") == expected


def test_a_session_can_be_looked_at_without_torch() -> None:
    program = f"""
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
application = QCoreApplication([])
session = Session(Experiment(NetworkSpec(1, (LayerSpec(1),)), DataSpec(((1.0,),), ((2.0,),))))
trainer = Trainer(session.state, session.navigator, session.signals, session)
referee = Referee(session.state, trainer, session.signals, session)
session.selector.select("input", (0, 0))
assert session.moment.number("input", (0, 0)) == 1.0
assert session.moment.number("loss", ()) is None
assert explain_selection(session.moment).sentence.startswith("Loading PyTorch")
{LOADED}
"""
    assert result_of(program) == []


def late_imports(path: Path) -> Iterator[str]:
    """What of the layers below a module imports when one of its functions is called."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("chainrule.ui"):
                    yield str(node.module)


def test_one_module_imports_what_needs_torch() -> None:
    """The window has one place at which it waits for torch; what needs none is imported at the top, if it is quick."""
    found = {
        (path.name, module)
        for folder in ("session", "ui")
        for path in (PACKAGE / folder).rglob("*.py")
        for module in late_imports(path)
        if module.startswith("chainrule.")
    }
    assert {module for _, module in found} == LATE
    assert [name for name, module in found if module == "chainrule.session.background.engine"] == ["lazy_engine.py"]


@pytest.mark.parametrize("module", sorted(_LATE_FOR_TIME))
def test_what_is_late_for_its_time_loads_neither_torch_nor_numpy(module: str) -> None:
    assert set(result_of(f"import {module}\n{LOADED}")) <= {"msgspec"}
