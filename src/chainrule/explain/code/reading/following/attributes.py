"""What stands behind a dot in a script: names of libraries, methods, what modules and arrays have."""

from __future__ import annotations

import numpy as np

from chainrule.explain.code.reading.findings import NotUnderstoodError
from chainrule.explain.code.reading.libraries import library_constant
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    BatchLoader,
    Bound,
    LibraryName,
    ParameterGradient,
    RowSet,
    ScriptArray,
    ScriptClass,
    ScriptFunction,
    ScriptLoss,
    ScriptModule,
    ScriptOptimizer,
    Signal,
)


def attribute_of(owner: object, name: str, call: ScriptCall) -> object:
    """Return what a value has by a name."""
    if owner is UNKNOWN:
        return UNKNOWN
    if isinstance(owner, LibraryName):
        return library_constant(f"{owner.path}.{name}")
    if isinstance(owner, ScriptModule):
        return _of_module(owner, name)
    if isinstance(owner, ScriptArray):
        return _of_array(owner, name, call)
    if isinstance(owner, Signal):
        return (
            owner if name in ("data", "T") else UNKNOWN if name in ("shape", "grad", "device") else Bound(owner, name)
        )
    if isinstance(owner, ScriptOptimizer) and name == "param_groups":
        return [{"lr": UNKNOWN, "optimizer": owner}]
    if isinstance(owner, ScriptClass):
        found = owner.member(name)
        return Bound(owner, name) if found is None else found
    if isinstance(owner, ParameterGradient) and name == "data":
        return owner
    if isinstance(owner, ScriptLoss) and name in ("data", "grad"):
        return UNKNOWN
    if isinstance(owner, BatchLoader) and name in ("batch_size", "dataset"):
        return owner.batch_size if name == "batch_size" else owner.rows
    if isinstance(owner, RowSet) and name == "tensors":
        return owner.arrays
    return Bound(owner, name)


def _of_module(owner: ScriptModule, name: str) -> object:
    if name in owner.attributes:
        return owner.attributes[name]
    if name == "__class__":
        return owner.defined or LibraryName(f"torch.nn.{owner.kind}")
    if owner.defined is not None:
        member = owner.defined.member(name)
        if member is not None and not isinstance(member, ScriptFunction):
            return member
    return None if name == "bias" and owner.kind == "Linear" else Bound(owner, name)


def _of_array(owner: ScriptArray, name: str, call: ScriptCall) -> object:
    if name == "data":
        return owner
    if name == "grad":
        return ParameterGradient(owner) if owner.learned else UNKNOWN
    if name in ("shape", "ndim"):
        return owner.shape if name == "shape" else len(owner.shape)
    if name == "requires_grad":
        return owner.learned and not owner.frozen
    if name in ("T", "mT"):
        return ScriptArray(owner.data.T, owner.learned, owner.frozen)
    if name in ("device", "dtype", "is_cuda"):
        return LibraryName(str(owner.data.dtype)) if name == "dtype" else UNKNOWN
    if name == "size" and isinstance(owner.data, np.ndarray):
        return int(owner.data.size)
    if name.startswith("__"):
        raise NotUnderstoodError
    return Bound(owner, name)
