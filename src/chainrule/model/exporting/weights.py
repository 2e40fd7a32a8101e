"""What a training has learned, for PyTorch: the parameters as safetensors, or with the optimizer's state as `.pt`.

Names are those of the script that is exported, so that its network and its optimizer load them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.values.carried import trained_parameters
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.explain.code.writing.network import state_names
from chainrule.explain.code.writing.optimizers import groups_of, is_torchs
from chainrule.explain.code.writing.starting import kept_tensors, settings_now
from chainrule.model.document import Document
from chainrule.model.exporting.history import StopReason, check_finite
from chainrule.model.exporting.pytorch import saved_by_torch
from chainrule.model.timeline.states import start_of

# Of arguments, what torch.optim has no word for.
_OURS = ("bias_correction", "state", "updates")


def parameters_safetensors(document: Document, iterations: int, reason: StopReason) -> Iterator[bytes]:
    """Yield the parameters that so many iterations of a document have led to, as a safetensors file."""
    from safetensors.torch import save  # noqa: PLC0415 - seldom needed

    executor, state = yield from _reached(document, iterations, reason)
    yield save(_parameters(executor, state), {"format": "pt"})


def checkpoint(document: Document, iterations: int, reason: StopReason) -> Iterator[bytes]:
    """Yield a file of `torch.save`: what so many iterations of a document have led to.

    It holds `model_state_dict`, `optimizer_state_dict` where anything is trained, and `iteration`: tensors, numbers and
    words alone, as `torch.load` with `weights_only` takes them.
    """
    executor, state = yield from _reached(document, iterations, reason)
    found: dict[str, Any] = {"iteration": state.iteration, "model_state_dict": _parameters(executor, state)}
    if trained_parameters(executor.experiment):
        found["optimizer_state_dict"] = _optimizer_state(executor, state)
    yield saved_by_torch(found)


def _reached(
    document: Document, iterations: int, reason: StopReason
) -> Generator[bytes, None, tuple[Executor, TrainingState]]:
    """Train from the start of the last segment on, and return the state; what is yielded is empty."""
    end = document.first + iterations
    segment = document.segment_at(end)
    executor = Executor(segment.experiment)
    state, overrides = start_of(segment, executor), segment.overrides
    while state.iteration < end:
        values, following = executor.advance(state, overrides)
        check_finite(executor, state.iteration, document.first, values, reason)
        state, overrides = following, {}
        yield b""
    return executor, state


def _parameters(executor: Executor, state: TrainingState) -> dict[str, Tensor]:
    names = state_names(executor.experiment)
    return {names[ref]: _own(state.values[ref]) for ref in executor.program.parameters}


def _own(value: Tensor) -> Tensor:
    return value.detach().clone().contiguous().cpu()


def _optimizer_state(executor: Executor, state: TrainingState) -> dict[str, Any]:
    """Return what `optimizer.state_dict()` of the script is."""
    experiment, groups = executor.experiment, groups_of(executor.experiment)
    order = [ref for members, _ in groups for ref in members]
    numbers = {ref: state.values[ref].item() for ref in executor.program.numbers}
    arguments = {name: value for name, value in experiment.optimizer.arguments.items() if name not in _OURS}
    made: list[dict[str, Any]] = []
    for (members, own), now in zip(groups, settings_now(experiment, numbers), strict=True):
        places = [order.index(ref) for ref in members]
        made.append({**arguments, **{name: own[name] for name in own if name not in _OURS}, **now, "params": places})
    if is_torchs(experiment):
        # With all that torch itself has in a group.
        for group in made:
            blank = torch.nn.Parameter(torch.zeros(1, dtype=torch_dtype(experiment)))
            given = {name: value for name, value in group.items() if name in arguments}
            whole = getattr(torch.optim, experiment.optimizer.name)([blank], **given).state_dict()
            group |= {name: value for name, value in whole["param_groups"][0].items() if name not in group}
    kept: dict[int, dict[str, Tensor]] = {}
    if state.iteration:
        found = kept_tensors(experiment, executor.program, state.values)
        for ref, each in found.items():
            counted = torch_dtype(experiment)
            kept[order.index(ref)] = {name: _own(v) if v.dim() else v.to(counted) for name, v in each.items()}
    return {"state": kept, "param_groups": made}
