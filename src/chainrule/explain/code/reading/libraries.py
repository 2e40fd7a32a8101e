"""What the names of torch, NumPy and Python's own library do when a script calls them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.explain.code.reading import signals, training
from chainrule.explain.code.reading.findings import NotUnderstoodError, words
from chainrule.explain.code.reading.modules import functional, make_module
from chainrule.explain.code.reading.numbers.arrays import DTYPES, MAKERS, PURE, apply, guarded
from chainrule.explain.code.reading.numbers.initial_values import INITIAL_VALUES
from chainrule.explain.code.reading.numbers.numpy_arrays import NUMPY_MAKERS
from chainrule.explain.code.reading.python_functions import BUILTINS
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    DrawnOrder,
    ErrorTerm,
    LibraryName,
    PenaltyTerm,
    ScriptArray,
    ScriptLoss,
    Signal,
)

# Of these libraries nothing changes a number of the training.
_HARMLESS = words(
    """
    matplotlib seaborn plotly time datetime warnings logging os sys pathlib tqdm pprint tensorboard torchsummary
    torchinfo torchviz wandb gc json pickle argparse typing dataclasses copy itertools functools IPython
    """
)
# Of torch these neither.
_HARMLESS_OF_TORCH = (
    "torch.save",
    "torch.set_printoptions",
    "torch.backends",
    "torch.cuda.",
    "torch.set_num_threads",
    "torch.utils.tensorboard",
    "torch.use_deterministic_algorithms",
    "torch.mps",
    "torch.no_grad",
    "torch.enable_grad",
    "torch.inference_mode",
    "torch.set_grad_enabled",
)
CONSTANTS = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "numpy.pi": math.pi,
    "numpy.e": math.e,
    "numpy.inf": math.inf,
    "torch.pi": math.pi,
    "torch.inf": math.inf,
}
_MOST_SEED = 2**53
_OF_NUMBERS = frozenset((*MAKERS, *NUMPY_MAKERS))


def _manual_seed(call: ScriptCall) -> object:
    seed = call.get(0, "seed")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _MOST_SEED:
        raise NotUnderstoodError("the seed is not known")
    call.state.generator = torch.Generator().manual_seed(seed)
    call.state.seed, call.state.is_seeded = seed, True
    return UNKNOWN


def _default_dtype(call: ScriptCall) -> object:
    dtype = DTYPES.get(getattr(call.get(0, "d"), "path", ""))
    if dtype not in (torch.float32, torch.float64):
        raise NotUnderstoodError
    call.state.dtype = dtype
    return UNKNOWN


def _randperm(call: ScriptCall) -> object:
    count = call.needed(0, "n")
    if not isinstance(count, int) or count < 0:
        raise NotUnderstoodError
    if call.state.loops:
        return DrawnOrder(count)
    call.state.spend(count)
    call.state.draw_from(call.line)
    return ScriptArray(torch.randperm(count, generator=call.state.generator))


def _parameter(call: ScriptCall) -> object:
    given = call.needed(0, "data")
    if not isinstance(given, ScriptArray):
        raise NotUnderstoodError
    data = given.data if isinstance(given.data, torch.Tensor) else torch.from_numpy(given.data)
    return ScriptArray(data.clone(), learned=True, frozen=call.get(1, "requires_grad", True) is False)


def _first(call: ScriptCall) -> object:
    return call.get(0, "input", UNKNOWN)


SPECIAL: dict[str, Callable[[ScriptCall], object]] = {
    **MAKERS,
    **NUMPY_MAKERS,
    **BUILTINS,
    **{f"torch.nn.init.{name}": function for name, function in INITIAL_VALUES.items()},
    "torch.manual_seed": _manual_seed,
    "torch.random.manual_seed": _manual_seed,
    "torch.set_default_dtype": _default_dtype,
    "torch.randperm": _randperm,
    "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.cuda.is_available": lambda call: False,
    "torch.backends.mps.is_available": lambda call: False,
    "torch.autograd.Variable": _first,
    "torch.compile": _first,
    "torch.jit.script": _first,
    "torch.device": lambda call: UNKNOWN,
    "torch.Generator": lambda call: UNKNOWN,
    "torch.manual_seed_all": lambda call: UNKNOWN,
    "torch.utils.data.TensorDataset": training.row_set,
    "torch.utils.data.DataLoader": training.batch_loader,
    "torch.nn.utils.clip_grad_norm_": lambda call: training.clip("clip_grad_norm_", call),
    "torch.nn.utils.clip_grad_value_": lambda call: training.clip("clip_grad_value_", call),
    "collections.OrderedDict": lambda call: guarded(lambda: dict(*call.args[:1], **call.named)),
    "random.seed": lambda call: UNKNOWN,
    "tqdm.tqdm": _first,
    "tqdm.auto.tqdm": _first,
    "tqdm.notebook.tqdm": _first,
    "tqdm.trange": BUILTINS["builtins.range"],
}


def call_library(path: str, call: ScriptCall) -> object:
    """Return what a function of a library gives, by its full name."""
    if path in _OF_NUMBERS and _has_unknown(call):
        # What is not known in it was said where it came up.
        return UNKNOWN
    if path in SPECIAL:
        try:
            return SPECIAL[path](call)
        except RecursionError:
            raise
        except (RuntimeError, TypeError, ValueError, IndexError, OverflowError) as error:
            # What torch or NumPy refuses of arguments that nobody gives.
            raise NotUnderstoodError(str(error).partition("\n")[0][:80]) from None
    found = _of_tables(path, call)
    if found is not None:
        return found
    if is_harmless(path):
        call.state.findings.leave_out(call.line)
        return UNKNOWN
    library, _, name = path.rpartition(".")
    return _numbers(library, name, call)


def is_harmless(path: str) -> bool:
    """Return whether nothing of a name of a library changes a number of the training."""
    return path.partition(".")[0] in _HARMLESS or path.startswith(_HARMLESS_OF_TORCH)


def _of_tables(path: str, call: ScriptCall) -> object | None:
    """Return a module, a loss, an optimizer or a scheduler of torch's."""
    package, _, name = path.rpartition(".")
    package = package.removesuffix(".modules").removesuffix(".loss").removesuffix(".activation").removesuffix(".linear")
    if package == "torch.nn" and name[:1].isupper():
        if name in LOSSES and name in training.TORCH_LOSSES:
            return training.criterion_of(name, call)
        if name.endswith("Loss"):
            raise NotUnderstoodError("this loss is not known here")
        return make_module(name, call)
    if package.startswith("torch.optim.lr_scheduler"):
        return training.scheduler(name, call)
    if package.startswith("torch.optim"):
        if name not in OPTIMIZERS or name == "Formula":
            raise NotUnderstoodError("this optimizer is not known here")
        return training.optimizer(name, call)
    return None


def _numbers(library: str, name: str, call: ScriptCall) -> object:
    """Return a function of numbers: of a signal, of a parameter, or of arrays."""
    value = call.get(0, "input")
    if library in ("torch", "torch.nn.functional", "torch.special", "torch.linalg"):
        if library == "torch.nn.functional" and name in training.FUNCTIONAL_LOSSES:
            return training.functional_loss(name, call)
        if name.startswith("dropout") or name.endswith("_dropout"):
            if call.get(1, "p", 0.5) != 0:
                call.state.findings.add(call.line, "dropout is not known here, and is left out")
            return value
        if isinstance(value, Signal | ErrorTerm | ScriptLoss):
            return signals.element_function(name, call)
        found = training.penalty_function(value, name, call.without_first())
        if found is not None:
            return found
        if isinstance(value, PenaltyTerm):
            raise NotUnderstoodError
        return _of_arrays(name, call)
    if library == "math" and all(isinstance(each, int | float) for each in call.args):
        if name in ("factorial", "comb", "perm") or not hasattr(math, name):
            raise NotUnderstoodError
        return guarded(lambda: getattr(math, name)(*map(float, call.args)))
    if library == "numpy" and name in PURE:
        return UNKNOWN if _has_unknown(call) else apply(np, name, call)
    if _has_unknown(call) and library.startswith(("numpy", "sklearn.metrics")):
        return UNKNOWN
    raise NotUnderstoodError


def _of_arrays(name: str, call: ScriptCall) -> object:
    if _has_unknown(call):
        # Where a network's input is not known, neither is what is made of it.
        return UNKNOWN
    second = call.get(1, "other") or call.get(1, "mat2")
    if name in ("matmul", "mm") and isinstance(second, ScriptArray) and second.learned:
        return signals.element_function(name, call)
    if name not in PURE:
        if activation := functional(name):
            return activation(call)
        raise NotUnderstoodError
    library: Any = torch if hasattr(torch, name) else torch.nn.functional
    return apply(library, name, call)


def _has_unknown(call: ScriptCall) -> bool:
    def unknown(value: object) -> bool:
        return (
            value is UNKNOWN
            or isinstance(value, Signal)
            or (isinstance(value, list | tuple) and any(map(unknown, value)))
        )

    return any(map(unknown, (*call.args, *call.named.values())))


def library_constant(path: str) -> object:
    """Return a number of a library by its name, or the name itself."""
    return CONSTANTS.get(path, LibraryName(path))
