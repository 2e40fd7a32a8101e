"""Files of weights: `.safetensors`, and `.pt` as `torch.save` writes it. Code in one is refused before it can run."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import MAX_PARAMETERS
from chainrule.catalog.experiment.spec_error import SpecError, one_line, plural
from chainrule.model.files.disk import reason_of

SAFETENSORS = ".safetensors"
# The parameters in float64, and three buffers for each.
MOST_WEIGHT_BYTES = 4 * 8 * MAX_PARAMETERS
MOST_TENSORS = 20_000
# Under these names a checkpoint keeps the network's numbers, and the optimizer's.
_OF_NETWORK = ("model_state_dict", "state_dict", "model_state", "model", "net", "network")
_OF_OPTIMIZER = ("optimizer_state_dict", "optimizer_state", "optimizer", "optim")


@dataclass(frozen=True, slots=True)
class SavedWeights:
    """What a file holds: tensors by name, and the optimizer's `state_dict` where it is there."""

    tensors: Mapping[str, Tensor]
    optimizer: Mapping[str, Any] | None = None


def read_weights(path: Path) -> SavedWeights:
    """Return the tensors of a file, on the CPU, or raise `SpecError` with the path `$`."""
    try:
        if not path.is_file():
            # What is no file may never answer to being opened; where there is nothing, this says so.
            path.stat()
            raise SpecError("$", "this is a folder, not a file" if path.is_dir() else "this is not a file")
        if path.stat().st_size > MOST_WEIGHT_BYTES:
            raise SpecError("$", f"expected a file of at most {MOST_WEIGHT_BYTES} bytes")
        found = _read_safetensors(path) if path.suffix.lower() == SAFETENSORS else _read_torch(path)
    except OSError as error:
        raise SpecError("$", f"cannot be read: {reason_of(error)}") from None
    _check(found.tensors)
    state = (found.optimizer or {}).get("state")
    if isinstance(state, dict):
        for key, buffers in state.items():
            if isinstance(buffers, dict):
                _check_kinds({f"{name} of the optimizer's parameter {key}": each for name, each in buffers.items()})
    return found


def _read_safetensors(path: Path) -> SavedWeights:
    import safetensors.torch  # noqa: PLC0415 - for such a file alone

    try:
        found = safetensors.torch.load(path.read_bytes())
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise SpecError("$", f"this is no file of safetensors: {str(error).partition(chr(10))[0]}") from None
    # They come in any order, another each time: layers are taken as they are counted.
    return SavedWeights({name: found[name] for name in sorted(found, key=_counted)})


def _counted(name: str) -> list[tuple[int, str]]:
    """Return by what names are put in order, where numbers in them count as numbers: `2.weight` before `10.weight`."""
    return [(int(part) if place % 2 else 0, part) for place, part in enumerate(re.split("([0-9]{1,9})", name))]


def _read_torch(path: Path) -> SavedWeights:
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        # What is more than tensors and plain values is made by calling something.
        text = "it holds more than numbers and names, which could be code: nothing of it was loaded; save state_dict()"
        raise SpecError("$", text) from None
    except OSError:
        raise
    except Exception as error:
        # Its reader follows what stands in the file, and fails there as that has it.
        said = str(error).partition(chr(10))[0] or type(error).__name__
        raise SpecError("$", f"torch cannot load it: {said}") from None
    return _of_checkpoint(found)


def _check_archive(path: Path) -> None:
    """Refuse what is no archive of torch's, or would become larger than it is."""
    text = "this is no file of torch.save, or one from before PyTorch 1.6: load it there and save it again"
    try:
        if not zipfile.is_zipfile(path):
            raise SpecError("$", text)
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError("$", "this is a damaged file of torch.save") from None
    if len(entries) > 2 * MOST_TENSORS:
        raise SpecError("$", f"expected at most {MOST_TENSORS} tensors")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise SpecError("$", "this is no file of torch.save, which compresses nothing")
    if sum(entry.file_size for entry in entries) > MOST_WEIGHT_BYTES:
        raise SpecError("$", f"expected at most {MOST_WEIGHT_BYTES} bytes in it")


def _of_checkpoint(found: object) -> SavedWeights:
    """Return what of a file are the network's tensors: all of it, or what stands under a usual name."""
    if isinstance(found, dict):
        if found and all(isinstance(value, Tensor) for value in found.values()):
            return SavedWeights({str(name): value for name, value in found.items()})
        for name in _OF_NETWORK:
            inner = found.get(name)
            if isinstance(inner, dict) and inner and all(isinstance(value, Tensor) for value in inner.values()):
                optimizer = next((found[key] for key in _OF_OPTIMIZER if isinstance(found.get(key), dict)), None)
                return SavedWeights({str(key): value for key, value in inner.items()}, optimizer)
    raise SpecError("$", "it holds no state_dict: tensors by name, or a checkpoint with model_state_dict in it")


def _check(tensors: Mapping[str, Tensor]) -> None:
    if len(tensors) > MOST_TENSORS:
        raise SpecError("$", f"expected at most {plural(MOST_TENSORS, 'tensor')}, got {len(tensors)}")
    _check_kinds(tensors)
    # A view of one number may say that it has any shape.
    if sum(tensor.numel() for tensor in tensors.values()) > MOST_WEIGHT_BYTES // 8:
        raise SpecError("$", f"expected at most {MOST_WEIGHT_BYTES // 8} numbers in it")


def _check_kinds(tensors: Mapping[str, object]) -> None:
    """Refuse a tensor that is no plain array of real numbers."""
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            continue
        kinds = {
            "nested": tensor.is_nested,
            "sparse": tensor.layout != torch.strided,
            "without numbers, on the device meta": tensor.is_meta,
            "quantized": tensor.is_quantized,
            "complex": tensor.is_complex(),
        }
        kind = next((word for word, is_so in kinds.items() if is_so), None)
        if kind is not None:
            raise SpecError("$", one_line(f"the tensor {name} is {kind}, which is not understood"))
