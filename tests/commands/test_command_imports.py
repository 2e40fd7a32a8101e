"""What a command loads, seen in a fresh interpreter: what it does not need costs its user time."""

from __future__ import annotations

import pytest

from chainrule.resource_files import OPENING_EXAMPLE
from tests.session.programs import result_of

NOT_BEFORE_A_COMMAND = ("torch", "numpy", "msgspec", "PySide6", "dataclasses", "inspect", "ctypes")
NOT_FOR_COMMANDS = ("PySide6", "pyqtgraph", "ziamath", "torch._dynamo")


def loaded_by(arguments: list[str], names: tuple[str, ...]) -> list[str]:
    """Which of some modules a command loads."""
    program = f"""
import io
from contextlib import redirect_stdout
from chainrule.cli import main
with redirect_stdout(io.StringIO()) as printed:
    try:
        status = main({arguments!r})
    except SystemExit as end:
        status = end.code
assert status == 0 and printed.getvalue()
result = [name for name in {names!r} if name in sys.modules]
"""
    loaded: list[str] = result_of(program)
    return loaded


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_prints_a_line_loads_next_to_nothing(option: str) -> None:
    assert loaded_by([option], NOT_BEFORE_A_COMMAND) == []


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["trace", str(OPENING_EXAMPLE)], ("chainrule.engine.referee.verify", "chainrule.engine.plan.plan")),
        (["train", str(OPENING_EXAMPLE), "--iterations", "3"], ("chainrule.engine.referee.verify",)),
    ],
    ids=["trace", "train"],
)
def test_a_command_loads_torch_and_what_it_computes_with(arguments: list[str], others: tuple[str, ...]) -> None:
    assert loaded_by(arguments, ("torch", *NOT_FOR_COMMANDS, *others)) == ["torch"]


def test_no_garbage_is_collected_while_the_window_is_imported() -> None:
    # It would be looked for several times in all that was imported up to there, and there is none.
    program = """
import gc
from chainrule.cli import main
class Looks:
    def find_spec(self, name, path=None, target=None):
        if name == "chainrule.ui.window.main_window":
            raise SystemExit(int(gc.isenabled()))
sys.meta_path.insert(0, Looks())
try:
    main([])
except SystemExit as end:
    result = end.code, gc.isenabled()
"""
    assert result_of(program) == [0, True]
