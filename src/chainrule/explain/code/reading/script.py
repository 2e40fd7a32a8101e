"""The experiment of a PyTorch script: read, not run."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.code.reading.assembling import Assembly
from chainrule.explain.code.reading.findings import Effect, Finding, NotUnderstoodError, ScriptLimitError
from chainrule.explain.code.reading.following.interpreter import Interpreter, LoopEndedError, ReturnedError
from chainrule.explain.code.reading.state import ScriptCall, ScriptState

LONGEST_SOURCE = 400_000
# Names with a dot between each two. Python joins them one by one: a script that imports a name of 200,000 would take
# 40 GB.
MOST_NAMES = 64
_LONG_NAME = re.compile(rf"(?<!\w)\w++(?:[\s\\]*+\.[\s\\]*+\w++){{{MOST_NAMES}}}")


@dataclass(frozen=True, slots=True)
class ReadScript:
    """What was made of a script: the experiment, and what is to be said of lines."""

    experiment: Experiment
    findings: tuple[Finding, ...]
    # Where the first values come from, in words; empty where the experiment's seed draws them.
    first_values: str = ""

    @property
    def changing(self) -> tuple[Finding, ...]:
        """The findings after which the experiment has other numbers than the script."""
        return tuple(each for each in self.findings if each.effect is Effect.CHANGES)


def read_script(source: str, title: str = "") -> ReadScript:
    """Return the experiment of a script, or raise `SpecError` that says why none can be made; nothing of it is run.

    What is not understood is left out, and is a finding with its line.
    """
    tree = _parsed(source)
    state = ScriptState()
    interpreter = Interpreter(state)
    try:
        _follow(interpreter, tree)
        assembly = Assembly(state, ScriptCall(interpreter, [], {}, tree))
        experiment = assembly.experiment()
    except NotUnderstoodError as error:
        raise SpecError("$", str(error)) from None
    except ScriptLimitError as error:
        raise SpecError("$", str(error)) from None
    except RecursionError:
        raise SpecError("$", "the script is nested too deeply to follow") from None
    checked = checked_experiment(replace(experiment, title=title))
    return ReadScript(checked, state.findings.all(), assembly.first_values)


def _parsed(source: str) -> ast.Module:
    if len(source) > LONGEST_SOURCE:
        raise SpecError("$", f"expected a script of at most {LONGEST_SOURCE} characters, got {len(source)}")
    if not source.strip():
        raise SpecError("$", "there is nothing in it to read")
    if (found := _LONG_NAME.search(source)) is not None:
        line = source.count("\n", 0, found.start()) + 1
        raise SpecError("$", f"line {line}: a name has more than {MOST_NAMES} parts, with a dot between each two")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        raise SpecError("$", f"line {error.lineno or 1}: this is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise SpecError("$", "this cannot be read as Python: it is nested too deeply, or holds a null byte") from None


def _follow(interpreter: Interpreter, tree: ast.Module) -> None:
    interpreter.find_training(tree)
    scope: dict[str, object] = {}
    try:
        interpreter.run(tree.body, scope)
    except (ReturnedError, LoopEndedError):
        raise SpecError("$", "return, break or continue stands outside of a function or loop") from None
    if not interpreter.state.modules and not interpreter.state.signals:
        _make_defined(interpreter, scope, tree)


def _make_defined(interpreter: Interpreter, scope: dict[str, object], tree: ast.Module) -> None:
    """Make an instance of the last module that a script only defines."""
    from chainrule.explain.code.reading.values import ScriptClass  # noqa: PLC0415

    classes = [each for each in scope.values() if isinstance(each, ScriptClass) and each.is_module]
    if classes:
        interpreter.call(classes[-1], [], {}, tree)
