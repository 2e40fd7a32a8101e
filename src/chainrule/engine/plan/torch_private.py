"""What plans use of torch that torch does not promise to keep, each with what happens without it.

Nothing else in the program touches such names: where a version of torch drops one, this is the module to change.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

try:
    # It sees each operation below autograd and autocast, and with what it was called. Nothing public does. Without it
    # nothing can be recorded, and plans go by the trace.
    from torch.utils._python_dispatch import TorchDispatchMode as _DispatchMode
except ImportError:  # pragma: no cover - no torch that is supported lacks it
    _DispatchMode = None  # type: ignore[assignment,misc]

_aten = torch.ops.aten
# Operators that torch itself calls for `to`, and for `item` and what is made of it. Operators are there by name for
# as long as torch can load the models that were saved with them.
COPIES = {_aten._to_copy.default, _aten.clone.default}
READS_A_NUMBER = {_aten._local_scalar_dense.default, _aten.item.default, _aten.is_nonzero.default, _aten.equal.default}
# Where functions are that write to `out`. `torch._C._nn` has those of activations, which `torch.nn.functional` calls
# without `out`. Without it their results are made anew each time, and copied.
HOMES = tuple(home for home in (torch, getattr(torch._C, "_nn", None), torch.linalg, torch.special) if home is not None)


def can_record() -> bool:
    """Return whether this torch lets one see the operations that it makes."""
    return _DispatchMode is not None


Seen = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]


@contextmanager
def operations_seen(by: Seen) -> Iterator[None]:
    """Call `by` with each operation that torch makes: the operator, what it was given, and what it returned."""

    class Recorder(_DispatchMode):
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            # Otherwise the first operation that is noted loads torch._dynamo, which takes as long as torch itself.
            return False

        def __torch_dispatch__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
        ) -> Any:
            result = func(*args, **(kwargs or {}))
            by(func, args, kwargs or {}, result)
            return result

    with Recorder():  # type: ignore[no-untyped-call]
        yield


def operator_name(operator: Any) -> str:
    """Return the name of an operator as a function of torch's. `_schema` is the only place that has it."""
    return str(operator._schema.name).removeprefix("aten::")


def gives_view(operator: Any) -> bool:
    """Return whether what an operator returns can be another look at what it was given."""
    return any(r.alias_info and not r.alias_info.is_write for r in operator._schema.returns)


def changes_first(operator: Any) -> bool:
    """Return whether an operator changes its first argument in place."""
    given = operator._schema.arguments
    alias = given[0].alias_info if given else None
    return bool(alias and alias.is_write)


# ------------------------------------------------------------------------------------------------------ TorchScript


class NotScriptableError(Exception):
    """TorchScript has no words for a call."""


@dataclass(frozen=True, slots=True)
class Script:
    """TorchScript, which torch calls deprecated: `compile` and `as_list` of it, both None where torch lacks it."""

    make_unit: Callable[[], Any]
    make_list: Callable[[list[Tensor]], Any]

    def compiled(self, text: str, functions: Mapping[str, Any]) -> Callable[..., object]:
        """Return the function `run` of a text, in which `functions` go by their names."""
        unit = self.make_unit()
        try:
            unit.define(text, functions.get)
        except RuntimeError as error:
            raise NotScriptableError(text) from error
        found: Callable[..., object] = unit.run
        return found

    def as_list(self, tensors: Sequence[Tensor]) -> Any:
        """Return tensors as a list that TorchScript takes as it is: one of Python's is converted at each call."""
        return self.make_list(list(tensors))


def script() -> Script | None:
    """Return TorchScript, or None where torch no longer has it: calls are then made one by one."""
    unit = getattr(getattr(torch, "jit", None), "CompilationUnit", None)
    # Without `ScriptList` each call converts its lists, which costs time and changes nothing.
    return None if unit is None else Script(unit, getattr(torch._C, "ScriptList", list))


def without_profiling() -> AbstractContextManager[object]:
    """Keep TorchScript from making functions quicker, which takes longer than it gains; nothing without TorchScript."""
    try:
        optimized: Callable[[bool], AbstractContextManager[object]]
        optimized = importlib.import_module("torch.jit").optimized_execution
    except (ImportError, AttributeError):
        return nullcontext()
    return optimized(False)
