"""Functions of torch and NumPy that only make numbers of numbers: which of them are called, and how large they get."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from chainrule.engine.shapes import shape_together
from chainrule.explain.code.reading.findings import NotUnderstoodError, words
from chainrule.explain.code.reading.state import ScriptCall, ScriptState
from chainrule.explain.code.reading.values import LibraryName, ScriptArray

# `diff` goes through the numbers once for each.
MOST_DIFFERENCES = 100
DTYPES = {
    **{f"torch.{name}": getattr(torch, name) for name in ("float32", "float64", "float16", "int32", "int64", "bool")},
    **{f"torch.{name}": getattr(torch, name) for name in ("float", "double", "long", "int", "uint8")},
    **{f"numpy.{name}": getattr(torch, name) for name in ("float32", "float64", "int32", "int64", "uint8")},
    "builtins.float": torch.float32,
    "builtins.int": torch.int64,
    "builtins.bool": torch.bool,
}
# The texts that functions are given.
WORDS = words(
    """
    float32 float64 int32 int64 uint8 bool float int ij xy mean sum none floor trunc
    """
)
# Of each number, or of those at the same place.
ELEMENTWISE = words(
    """
    sin cos tan asin acos atan sinh cosh exp log log2 log10 log1p expm1 sqrt abs absolute square pow power tanh
    sigmoid relu floor ceil round sign clamp clip where logical_and logical_or logical_not logical_xor maximum
    minimum fmod remainder eq ne lt le gt ge add sub subtract mul multiply div divide neg negative exp2 arctan
    reciprocal nan_to_num isnan
    """
)
# What becomes no larger by these.
NO_LARGER = words(
    """
    reshape view view_as reshape_as unsqueeze squeeze flatten ravel transpose t permute swapaxes movedim expand_dims
    mean sum prod std var min max amin amax argmin argmax cumsum cumprod sort argsort norm numel dim size ndimension
    item tolist any all flip roll clone copy contiguous detach cpu numpy float double long int half bool to type
    astype requires_grad_ diff unique count_nonzero median softmax log_softmax type_as data_ptr fliplr flipud chunk
    split squeeze_ unsqueeze_ sub_ add_ mul_ div_
    """
)
JOINING = words(
    """
    cat concat concatenate stack hstack vstack column_stack dstack row_stack
    """
)
PRODUCTS = words(
    """
    matmul mm mv dot inner
    """
)
# Of torch.Tensor and numpy.ndarray these do something else than they say, or give out memory.
_REFUSED = frozenset(("data_ptr",))


def unwrapped(value: object) -> Any:
    """Return what torch and NumPy take for a value of the script."""
    if isinstance(value, ScriptArray):
        return value.data
    if isinstance(value, LibraryName):
        if value.path in DTYPES:
            return DTYPES[value.path]
        if value.path == "numpy.newaxis":
            return None
        raise NotUnderstoodError(f"{value.path} is not known")
    if isinstance(value, list | tuple):
        return type(value)(unwrapped(item) for item in value)
    if isinstance(value, slice):
        return slice(*(unwrapped(each) for each in (value.start, value.stop, value.step)))
    if isinstance(value, str) and value not in WORDS:
        # A name of a dtype may ask for any amount of memory.
        raise NotUnderstoodError
    if value is None or isinstance(value, bool | int | float | str) or value is Ellipsis:
        return value
    raise NotUnderstoodError


def wrapped(value: Any, state: ScriptState) -> object:
    """Return what torch or NumPy gave back as a value of the script."""
    if isinstance(value, torch.Tensor | np.ndarray):
        if value.size if isinstance(value, np.ndarray) else value.numel():
            state.spend(value.size if isinstance(value, np.ndarray) else value.numel())
        return ScriptArray(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, torch.dtype):
        return LibraryName(str(value))
    if isinstance(value, tuple | list):
        return tuple(wrapped(item, state) for item in value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise NotUnderstoodError


def arrays_in(values: object) -> Iterator[Any]:
    """Yield every array among arguments, those in lists too."""
    if isinstance(values, torch.Tensor | np.ndarray):
        yield values
    elif isinstance(values, list | tuple):
        for item in values:
            yield from arrays_in(item)
    elif isinstance(values, dict):
        yield from arrays_in(list(values.values()))


def _integers(values: object) -> Iterator[int]:
    if isinstance(values, bool):
        return
    if isinstance(values, int):
        yield values
    elif isinstance(values, list | tuple):
        for item in values:
            yield from _integers(item)


def _size(name: str, args: list[Any], named: dict[str, Any]) -> int:
    """Return how many numbers a function can make at most."""
    arrays = list(arrays_in([args, named]))
    if name == "diff" and max([0, *_integers([args[1:], list(named.values())])]) > MOST_DIFFERENCES:
        raise NotUnderstoodError(f"more than {MOST_DIFFERENCES} differences of differences")
    if name in ELEMENTWISE:
        return math.prod(shape_together(arrays))
    sizes = [math.prod(array.shape) for array in arrays]
    if name in NO_LARGER or name in JOINING:
        return sum(sizes)
    if name in PRODUCTS:
        return math.prod(
            size // max(1, min(array.shape or (1,))) + 1 for size, array in zip(sizes, arrays, strict=True)
        )
    # Whole numbers say how often, or how many.
    counts = math.prod(max(1, abs(count)) for count in _integers([args, list(named.values())]))
    counts *= _counts_in(name, arrays)
    return int(math.prod(max(1, size) for size in sizes) * counts)


def _counts_in(name: str, arrays: list[Any]) -> int:
    """Return how often, or how many, whole numbers in arrays say."""
    own = arrays[:1] if name == "one_hot" or (name == "repeat_interleave" and len(arrays) == 1) else arrays[1:]
    given = [np.asarray(each) for each in own if each.shape != () or name != "full_like"]
    listed = [np.abs(each.astype(np.float64)).ravel() for each in given if each.dtype.kind in "iu" and each.size]
    if name == "one_hot":
        return math.prod(int(each.max()) + 1 for each in listed)
    if name == "repeat_interleave" or (name == "repeat" and isinstance(arrays[0], np.ndarray)):
        return math.prod(int(each.sum()) + 1 for each in listed)
    if name in ("tile", "repeat", "expand", "eye"):
        return math.prod(int(min(float(np.prod(np.maximum(each, 1))), 2.0**62)) for each in listed)
    return 1


REPEATING = words(
    """
    repeat tile repeat_interleave expand eye outer one_hot meshgrid tril triu full_like
    """
)
PURE = ELEMENTWISE | NO_LARGER | JOINING | PRODUCTS | REPEATING


def guarded(function: Callable[[], Any]) -> Any:
    """Return what a function of a library gives; what it refuses is not understood, with its reason."""
    try:
        with warnings.catch_warnings(), torch.no_grad(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function()
    except (RuntimeError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError, OverflowError) as error:
        raise NotUnderstoodError(str(error).partition("\n")[0][:80]) from None


def apply(library: Any, name: str, call: ScriptCall) -> object:
    """Call a function that makes numbers of numbers, of torch, `torch.nn.functional` or NumPy."""
    args, named = unwrapped(call.args), {key: unwrapped(value) for key, value in call.named.items()}
    named.pop("out", None)
    call.state.spend(guarded(lambda: _size(name, args, named)))
    return wrapped(guarded(lambda: getattr(library, name)(*args, **named)), call.state)


def apply_method(owner: ScriptArray, name: str, call: ScriptCall) -> object:
    """Call a method of an array."""
    if name not in PURE or name in _REFUSED or not hasattr(owner.data, name):
        raise NotUnderstoodError
    args, named = unwrapped(call.args), {key: unwrapped(value) for key, value in call.named.items()}
    if isinstance(owner.data, np.ndarray):
        args = [str(arg).removeprefix("torch.") if isinstance(arg, torch.dtype) else arg for arg in args]
        named = {k: str(v).removeprefix("torch.") if isinstance(v, torch.dtype) else v for k, v in named.items()}
    if name == "to":
        args = [arg for arg in args if isinstance(arg, torch.dtype)]
        named = {key: value for key, value in named.items() if key == "dtype"}
        if not args and not named:
            return owner
    call.state.spend(guarded(lambda: _size(name, [owner.data, *args], named)))
    found = guarded(lambda: getattr(owner.data, name)(*args, **named))
    if found is owner.data:
        return owner
    return wrapped(found, call.state)


# --------------------------------------------------------------------------------------------- what makes new ones


def _shape(call: ScriptCall, name: str = "size") -> tuple[int, ...]:
    given = call.named.get(name, call.args)
    given = given[0] if isinstance(given, list | tuple) and len(given) == 1 and not isinstance(given[0], int) else given
    sizes = (given,) if isinstance(given, int) else tuple(given) if isinstance(given, list | tuple) else None
    if sizes is None or not all(isinstance(each, int) and each >= 0 for each in sizes):
        raise NotUnderstoodError("its shape is not known")
    call.state.spend(math.prod(sizes))
    return sizes


def dtype_of(call: ScriptCall, default: torch.dtype | None) -> torch.dtype | None:
    """Return the dtype that a call asks for."""
    given = call.named.get("dtype")
    return default if given is None else unwrapped(given)


def _made(call: ScriptCall, tensor: torch.Tensor) -> ScriptArray:
    return ScriptArray(tensor, learned=call.named.get("requires_grad") is True)


def _from_literal(call: ScriptCall) -> ScriptArray:
    given = unwrapped(call.needed(0, "data"))
    dtype = dtype_of(call, None)
    tensor = guarded(lambda: torch.tensor(_with_dtype(given, call.state), dtype=dtype))
    if dtype is None and tensor.is_floating_point() and not isinstance(given, torch.Tensor | np.ndarray):
        # Torch's own default has fewer digits than the script's may have.
        tensor = guarded(lambda: torch.tensor(_with_dtype(given, call.state), dtype=call.state.dtype))
    return _made(call, tensor)


def _with_dtype(given: Any, state: ScriptState) -> Any:
    if isinstance(given, torch.Tensor):
        state.spend(given.numel())
        return given.clone()
    if isinstance(given, np.ndarray):
        state.spend(given.size)
        return torch.from_numpy(given.copy())
    if isinstance(given, list | tuple):
        return [_with_dtype(item, state) if not isinstance(item, int | float) else item for item in given]
    return given


def _legacy(dtype: torch.dtype | None) -> Callable[[ScriptCall], ScriptArray]:
    """Return what `torch.FloatTensor` does: of a list it makes numbers of one dtype."""

    def make(call: ScriptCall) -> ScriptArray:
        given = unwrapped(call.needed(0, "data"))
        if isinstance(given, int):
            raise NotUnderstoodError("its numbers are not set")
        return ScriptArray(
            guarded(lambda: torch.as_tensor(_with_dtype(given, call.state)).to(dtype or call.state.dtype))
        )

    return make


def _filled(value: float) -> Callable[[ScriptCall], ScriptArray]:
    def make(call: ScriptCall) -> ScriptArray:
        return _made(call, torch.full(_shape(call), value, dtype=dtype_of(call, call.state.dtype)))

    return make


def _full(call: ScriptCall) -> ScriptArray:
    shape = _shape(ScriptCall(call.caller, call.args[:1], {}, call.node))
    value = call.needed(1, "fill_value")
    return _made(call, guarded(lambda: torch.full(shape, value, dtype=dtype_of(call, None))))


def _like(value: float | None, draw: str = "") -> Callable[[ScriptCall], ScriptArray]:
    def make(call: ScriptCall) -> ScriptArray:
        data = unwrapped(call.needed(0, "input"))
        call.state.spend(math.prod(data.shape))
        tensor = torch.as_tensor(data)
        if value is not None:
            return ScriptArray(torch.full_like(tensor, value, dtype=dtype_of(call, None)))
        call.state.draw_from(call.line)
        return ScriptArray(getattr(torch.empty_like(tensor), draw)(generator=call.state.generator))

    return make


def _drawn(name: str) -> Callable[[ScriptCall], ScriptArray]:
    """Return `torch.rand` or `torch.randn`, drawing from the script's generator."""

    def make(call: ScriptCall) -> ScriptArray:
        shape, dtype = _shape(call), dtype_of(call, call.state.dtype)
        call.state.draw_from(call.line)
        generator = call.named.get("generator")
        chosen = generator if isinstance(generator, torch.Generator) else call.state.generator
        return _made(call, guarded(lambda: getattr(torch, name)(shape, generator=chosen, dtype=dtype)))

    return make


def _randint(call: ScriptCall) -> ScriptArray:
    numbers = [each for each in call.args if isinstance(each, int)]
    rest = call.args[len(numbers) :]
    named = [call.named[name] for name in ("low", "high") if name in call.named]
    ends: list[Any] = [*numbers, *named]
    low, high = (0, *ends) if len(ends) == 1 else ends
    shape = _shape(ScriptCall(call.caller, rest, {k: v for k, v in call.named.items() if k == "size"}, call.node))
    call.state.draw_from(call.line)
    generator, dtype = call.state.generator, dtype_of(call, torch.int64)
    return ScriptArray(guarded(lambda: torch.randint(low, high, shape, generator=generator, dtype=dtype)))


def _normal(call: ScriptCall) -> ScriptArray:
    mean, std = unwrapped(call.get(0, "mean", 0.0)), unwrapped(call.get(1, "std", 1.0))
    call.state.draw_from(call.line)
    size = call.get(2, "size")
    if size is not None:
        shape = _shape(ScriptCall(call.caller, [size], {}, call.node))
        return ScriptArray(guarded(lambda: torch.normal(mean, std, shape, generator=call.state.generator)))
    call.state.spend(guarded(lambda: _size("add", [mean, std], {})))
    return ScriptArray(guarded(lambda: torch.normal(mean, std, generator=call.state.generator)))


def range_length(numbers: list[Any]) -> int:
    """Return about how many numbers there are from a first to a last, by a step."""
    start, end, step = (0, *numbers, 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    return int(math.ceil((end - start) / step) + 1)


def _range(name: str) -> Callable[[ScriptCall], ScriptArray]:
    def make(call: ScriptCall) -> ScriptArray:
        args = unwrapped(call.args)
        third = "steps" if name == "linspace" else "step"
        first = [*args, *(unwrapped(call.named[key]) for key in ("start", "end", third) if key in call.named)]
        count = guarded(lambda: first[2] if name == "linspace" else range_length(first))
        call.state.spend(max(0, count))
        whole_numbers = name == "arange" and all(isinstance(each, int) for each in first)
        dtype = dtype_of(call, None if whole_numbers else call.state.dtype)
        return _made(call, guarded(lambda: getattr(torch, name)(*first, dtype=dtype)))

    return make


MAKERS: dict[str, Callable[[ScriptCall], ScriptArray]] = {
    "torch.tensor": _from_literal,
    "torch.as_tensor": _from_literal,
    "torch.asarray": _from_literal,
    "torch.from_numpy": _from_literal,
    "torch.FloatTensor": _legacy(torch.float32),
    "torch.DoubleTensor": _legacy(torch.float64),
    "torch.LongTensor": _legacy(torch.int64),
    "torch.Tensor": _legacy(None),
    "torch.zeros": _filled(0.0),
    "torch.ones": _filled(1.0),
    "torch.full": _full,
    "torch.zeros_like": _like(0.0),
    "torch.ones_like": _like(1.0),
    "torch.rand_like": _like(None, "uniform_"),
    "torch.randn_like": _like(None, "normal_"),
    "torch.rand": _drawn("rand"),
    "torch.randn": _drawn("randn"),
    "torch.randint": _randint,
    "torch.normal": _normal,
    "torch.linspace": _range("linspace"),
    "torch.arange": _range("arange"),
}
