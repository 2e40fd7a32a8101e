"""Devices that can be computed on: the CPU, and any accelerator that torch finds."""

from __future__ import annotations

import torch

from chainrule.catalog.arguments import SpecError, describe, one_of
from chainrule.catalog.experiment.spec import Experiment

# How torch begins what it tells of a device that has failed, where it has no class of errors for that.
_DEVICE_ERRORS = ("CUDA error", "CUDA driver error", "HIP error", "XPU", "MPS backend", "cuBLAS", "cuDNN", "CUBLAS")


def available_devices() -> tuple[str, ...]:
    """Return names as a file gives them: "cpu" first, then "cuda:0", "mps", "xpu:0", ... as found."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return ("cpu",)
    count = torch.accelerator.device_count()
    if count == 1 and accelerator.type == "mps":
        return ("cpu", "mps")
    return ("cpu", *(f"{accelerator.type}:{index}" for index in range(count)))


def device_label(name: str) -> str:
    """Return a name to read: `CPU`, or the card's own name where torch knows it."""
    if name.startswith("cuda"):
        return f"{torch.cuda.get_device_name(name)} ({name})"
    return name.upper()


def check_device(experiment: Experiment) -> None:
    """Refuse a device that is not here, or that cannot compute in the experiment's dtype."""
    name = experiment.device
    devices = available_devices()
    # "cuda" means "cuda:0", as in torch.
    if name not in devices and f"{name}:0" not in devices:
        raise SpecError("$.device", f"{describe(name)} is not here; this machine has {one_of(devices)}")
    if name.startswith("mps") and experiment.dtype == "float64":
        raise SpecError("$.dtype", "float64 is not computed by mps; use float32, or the device cpu")


def failure_of(error: BaseException) -> str | None:
    """Return what a device says of its failure, in one line: out of memory, or gone. None for any other error."""
    message = str(error).partition("\n")[0]
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in message:
        return "it has no memory left"
    accelerator = getattr(torch, "AcceleratorError", ())
    if isinstance(error, accelerator) or (isinstance(error, RuntimeError) and message.startswith(_DEVICE_ERRORS)):
        return message
    return None


def refusal_of(experiment: Experiment, error: Exception) -> SpecError | None:
    """Say why an experiment cannot be shown, where its device has failed in it; None for any other error."""
    reason = failure_of(error)
    path = "$" if experiment.device == "cpu" else "$.device"
    return None if reason is None else SpecError(path, f"{experiment.device}: {reason}")
