"""The operations of torch's that one computation is made of, recorded while it is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from chainrule.engine.plan.torch_private import changes_first, gives_view, operations_seen, operator_name


@dataclass(frozen=True, slots=True, eq=False)
class RecordedOperation:
    """One operation of torch's, as it was called, and what it returned."""

    function: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    result: Any

    @property
    def is_view(self) -> bool:
        """Whether the result is another look at what was given; `to`, say, is that only where nothing is converted."""
        return gives_view(self.function) and any(storage(tensor) == storage(self.result) for tensor in self.tensors())

    @property
    def mutates(self) -> bool:
        """Return whether the first argument is changed in place."""
        return changes_first(self.function)

    @property
    def name(self) -> str:
        """Its name in torch."""
        return operator_name(self.function)

    def tensors(self) -> Iterable[Tensor]:
        """Return the tensors among its arguments."""
        for value in (*self.arguments, *self.keywords.values()):
            for item in value if isinstance(value, list | tuple) else (value,):
                if isinstance(item, Tensor):
                    yield item


def record(compute: Callable[..., Tensor], reads: Sequence[Tensor]) -> tuple[list[RecordedOperation], Tensor]:
    """Compute once; return the operations that were made, and the result."""
    operations: list[RecordedOperation] = []

    def see(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], result: Any) -> None:
        operations.append(RecordedOperation(function, arguments, keywords, result))

    # Under inference_mode torch would hand over `linear` whole, with a transposition in it at every call.
    with torch.inference_mode(False), torch.no_grad(), operations_seen(see):
        result = compute(*reads)
    return operations, result


def storage(tensor: Tensor) -> int:
    """Return the address of the memory that a tensor looks at, which its views share."""
    return tensor.untyped_storage().data_ptr()
