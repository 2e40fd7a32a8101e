"""The ways to run a plan's iterations, behind one interface, `Backend`; the quickest that there is is chosen."""

from __future__ import annotations

import torch

from chainrule.engine.plan.backends.backend import Backend
from chainrule.engine.plan.backends.cuda_graphs import CudaGraphs
from chainrule.engine.plan.backends.replayed import Replayed
from chainrule.engine.plan.backends.torchscript import TorchScript
from chainrule.engine.plan.backends.traced import Traced

# The quickest first, and last the one that always works.
BACKENDS: tuple[Backend, ...] = (CudaGraphs(), TorchScript(), Replayed(), Traced())

__all__ = ["BACKENDS", "Backend", "CudaGraphs", "Replayed", "TorchScript", "Traced", "quickest"]


def quickest(device: torch.device) -> Backend:
    """Return the quickest backend that this torch has for a device."""
    return next(backend for backend in BACKENDS if backend.is_available(device))
