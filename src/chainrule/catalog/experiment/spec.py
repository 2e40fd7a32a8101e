"""The experiment as data: network, data, loss, optimizer. Frozen, and free of torch.

Numbers are nested tuples of floats, so that an edit shares every row that it does not touch.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import is_
from typing import Any, TypeVar

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, Integer, Number, SpecError, describe, one_of
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.errors import FormulaError
from chainrule.formula.graph import Graph, graph_of

Row = tuple[float, ...]
Rows = tuple[Row, ...]
# Of a parameter: rows, a row, or one number where it is a name of a formula.
NestedNumbers = float | Row | Rows
T = TypeVar("T")
# So many rows are sooner looked at than looked up.
FEW = 8

# The dtypes, and the largest number that each can hold.
LARGEST = {"float64": sys.float_info.max, "float32": (2 - 2**-23) * 2.0**127}
DTYPES = tuple(LARGEST)
# What a layer and an experiment have unless they say otherwise.
DEFAULT_ACTIVATION = Choice("Identity")
DEFAULT_LOSS = Choice("MSELoss")
# Of a formula: its output is what training makes smaller.
FORMULA_LOSS = Choice("SumOfOutputs", {"reduction": "sum"})
DEFAULT_OPTIMIZER = Choice("SGD")
DEFAULT_INITIALIZATION = Choice("torch_default")
MAX_UNITS = 100_000
MAX_PARAMETERS = 20_000_000
# More would take the window longer than a few seconds to lay out.
MAX_LAYERS = 500
# torch.Generator takes any 64-bit seed; JSON numbers are exact up to here.
MAX_SEED = 2**53


LAYER_LR = Number("lr", 0.01, "learning rate", symbol=r"\eta", minimum=0.0)
ACCUMULATE = Integer("accumulate", 1, "batches per update", minimum=1)
TEST_SIZE = Number("test_size", 0.0, "test rows", minimum=0.0, below=1.0)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """A fully connected layer and its activation.

    `initialization` and `lr` None are those of the experiment; a layer with an `lr` is a parameter group of its own.
    """

    units: int
    activation: Choice = DEFAULT_ACTIVATION
    bias: bool = True
    initialization: Choice | None = None
    lr: float | None = None

    @property
    def learned(self) -> dict[str, int]:
        """What the activation learns, by name: how many numbers each is; nothing of one that the table refuses."""
        entry = ACTIVATIONS.get(self.activation.name)
        return entry.sizes(self.activation, self.units) if entry else {}

    @property
    def function(self) -> str:
        """What the activation is called: its name, or the formula that it is."""
        entry = ACTIVATIONS.get(self.activation.name)
        return entry.called(self.activation) if entry else self.activation.name


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A chain of fully connected layers, or in their place a `formula`: lines `name = formula` of scalars.

    The names that no line defines are the formula's parameters, and the last line is its output.
    """

    inputs: int
    layers: tuple[LayerSpec, ...]
    formula: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """Units of the last layer."""
        return self.layers[-1].units if self.layers else 1

    @property
    def loss_ref(self) -> ValueRef:
        """What training makes smaller: the loss, or the output of a formula."""
        return ValueRef(graph_of(self.formula).output) if self.formula else refs.LOSS

    def fan_in(self, layer: int) -> int:
        """Return how many numbers a layer reads."""
        return self.inputs if layer == 0 else self.layers[layer - 1].units

    def parameter_shapes(self) -> dict[ValueRef, tuple[int, ...]]:
        """Return each parameter's shape, in the order of `nn.Module.parameters()`."""
        if self.formula:
            return {ValueRef(name): () for name in graph_of(self.formula).inputs}
        shapes: dict[ValueRef, tuple[int, ...]] = {}
        for index, layer in enumerate(self.layers):
            shapes[refs.weight(index)] = (layer.units, self.fan_in(index))
            if layer.bias:
                shapes[refs.bias(index)] = (layer.units,)
            for name, size in layer.learned.items():
                shapes[refs.learned(index, name)] = (size,)
        return shapes

    @property
    def parameter_count(self) -> int:
        """How many numbers the parameters are."""
        return sum(map(math.prod, self.parameter_shapes().values()))


@dataclass(frozen=True, slots=True)
class InitializationSpec:
    """How the parameters that are not given get their first values."""

    scheme: Choice = DEFAULT_INITIALIZATION
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DataSpec:
    """Inputs (rows, inputs) and targets (rows, outputs), or (rows, 1) where they are class indices.

    `batch_size` None takes all rows at once. `test_size` is the fraction of the rows that is kept out of training. The
    gradients of `accumulate` batches are added up before an update.
    """

    inputs: Rows
    targets: Rows
    batch_size: int | None = None
    shuffle: bool = False
    seed: int = 0
    test_size: float = 0.0
    accumulate: int = 1

    @property
    def test_rows(self) -> int:
        """How many rows are kept out of training; at least one row always trains."""
        rows = len(self.inputs)
        # 0.07 of 100 rows are 7, whatever the product of the floats is.
        wanted = math.ceil(round(self.test_size * rows, 9))
        return min(max(1, wanted), rows - 1) if self.test_size else 0

    @property
    def is_split(self) -> bool:
        """Whether an iteration takes anything but all rows as they are."""
        return self.batch_size is not None or self.shuffle or bool(self.test_size)

    @property
    def training_rows(self) -> int:
        """How many rows are trained on."""
        return len(self.inputs) - self.test_rows


@dataclass(frozen=True, slots=True)
class PenaltySpec:
    """What is added to the loss for the size of parameters: an entry of the table, and shell patterns of their refs."""

    choice: Choice
    parameters: tuple[str, ...] = ("*.weight",)


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Parameters, by shell patterns of their refs, that the optimizer treats with other arguments than the rest."""

    parameters: tuple[str, ...]
    arguments: Mapping[str, ArgumentValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartState:
    """What training starts from: how many iterations came before, and what optimizer and scheduler kept of them."""

    iteration: int = 0
    values: Mapping[ValueRef, NestedNumbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Experiment:
    """All that is needed to compute: what a `.chainrule` file holds."""

    network: NetworkSpec
    data: DataSpec
    loss: Choice = DEFAULT_LOSS
    optimizer: Choice = DEFAULT_OPTIMIZER
    clipping: Choice | None = None
    scheduler: Choice | None = None
    title: str = ""
    initialization: InitializationSpec = InitializationSpec()
    parameters: Mapping[ValueRef, NestedNumbers] = field(default_factory=dict)
    frozen: frozenset[ValueRef] = frozenset()
    dtype: str = "float64"
    device: str = "cpu"
    penalties: tuple[PenaltySpec, ...] = ()
    parameter_groups: tuple[ParameterGroup, ...] = ()
    state: StartState | None = None

    @property
    def first_iteration(self) -> int:
        """The iteration that training begins with: 0, but where so many came before."""
        return 0 if self.state is None else self.state.iteration


def check_structure(experiment: Experiment, known: Experiment | None = None) -> None:
    """Check shapes, ranges and names that need no table; raise `SpecError` at the first that is wrong.

    Numbers that are those of `known`, an experiment that was checked before, are not looked at once more.
    """
    if experiment.dtype not in DTYPES:
        raise expected("$.dtype", one_of(DTYPES), describe(experiment.dtype))
    check_network(experiment.network)
    if experiment.network.formula:
        _check_alone(experiment)
    # What another dtype can hold says nothing of this one's numbers.
    known = known if known is not None and known.dtype == experiment.dtype else None
    _check_data(experiment, known)
    shapes = experiment.network.parameter_shapes()
    known_shapes = known.network.parameter_shapes() if known else {}
    for ref, numbers in experiment.parameters.items():
        path = f"$.parameters.{ref}"
        if ref not in shapes:
            raise SpecError(path, f"no such parameter; this network has {one_of(shapes)}")
        same_rows = known is not None and ref in known_shapes and known_shapes[ref][1:] == shapes[ref][1:]
        given = known.parameters.get(ref, ()) if known is not None and same_rows else ()
        check_numbers(numbers, shapes[ref], path, experiment.dtype, given)
    for ref in sorted(experiment.frozen):
        if ref not in shapes:
            raise SpecError("$.frozen", f"no parameter {describe(ref)}; this network has {one_of(shapes)}")
    check_seed(experiment.initialization.seed, "$.initialization.seed")


def check_seed(seed: int, path: str) -> None:
    """Check that a seed is an integer that JSON can hold exactly."""
    if not 0 <= seed <= MAX_SEED:
        raise expected(path, f"an integer from 0 to {MAX_SEED}", seed)


def check_units(units: int, path: str) -> None:
    """Check that a width is at least one."""
    if not 1 <= units <= MAX_UNITS:
        raise expected(path, f"an integer from 1 to {MAX_UNITS}", units)


def check_network(network: NetworkSpec) -> None:
    """Check the widths of layers, or the lines of a formula."""
    if network.formula:
        _check_formula(network)
        return
    check_units(network.inputs, "$.network.inputs")
    if not network.layers:
        raise expected("$.network.layers", "at least 1 layer", "0")
    if len(network.layers) > MAX_LAYERS:
        raise expected("$.network.layers", f"at most {MAX_LAYERS} layers", len(network.layers))
    for index, layer in enumerate(network.layers):
        path = f"$.network.layers[{index}]"
        check_units(layer.units, f"{path}.units")
        if layer.lr is not None:
            LAYER_LR.check(layer.lr, f"{path}.lr")
    total = network.parameter_count
    if total > MAX_PARAMETERS:
        raise expected("$.network", f"at most {MAX_PARAMETERS} parameters", total)


def _check_formula(network: NetworkSpec) -> None:
    try:
        graph = graph_of(network.formula)
        _check_names(network, graph)
    except FormulaError as error:
        index = network.formula.index(error.text)
        raise SpecError(f"$.network.formula[{index}]", str(error)) from None
    if not graph.inputs:
        raise SpecError("$.network.formula", "there is no name that training could change, such as x in f = (x - 2)^2")


def _check_names(network: NetworkSpec, graph: Graph) -> None:
    """Refuse names that would be mistaken for other values of a program, where they stand first."""
    taken = set(refs.TAKEN_NAMES if graph.output == refs.LOSS else {*refs.TAKEN_NAMES, refs.LOSS})
    for name in taken.intersection((*graph.inputs, *(node.writes for node in graph.nodes))):
        found = ((line, re.search(rf"(?<!\w){name}(?!\w)", line)) for line in network.formula)
        line, place = next((line, match.start()) for line, match in found if match)
        raise FormulaError(f"{name} has a meaning in training; choose another name", line, place)


def _check_alone(experiment: Experiment) -> None:
    """Refuse what is said of a network's loss where a formula stands: its output is all that is trained."""
    if experiment.loss.name != FORMULA_LOSS.name:
        raise SpecError("$.loss", "a formula is trained on its own output, and has no other loss")
    if experiment.penalties:
        raise SpecError("$.penalties", "a formula has no penalties: add them to its output, as in f = q*z + 0.1*x^2")


def _check_data(experiment: Experiment, known: Experiment | None) -> None:
    data, network = experiment.data, experiment.network
    if network.formula:
        if data != DataSpec((), ()):
            raise SpecError("$.data", "a formula has no data: its parameters are all that it reads")
        return
    if not data.inputs:
        raise expected("$.data.inputs", "at least 1 row", "0")
    if len(data.targets) != len(data.inputs):
        wanted = f"{plural(len(data.inputs), 'row')}, one for each row of inputs"
        raise expected("$.data.targets", wanted, len(data.targets))
    rows = len(data.inputs)
    given = known.data.inputs if known and known.network.inputs == network.inputs else ()
    check_numbers(data.inputs, (rows, network.inputs), "$.data.inputs", experiment.dtype, given)
    # Whether a row is a class or a number for each output is the loss's: `check_experiment` knows it.
    columns = 1 if len(data.targets[0]) == 1 else network.outputs
    given = known.data.targets if known and known.data.targets and len(known.data.targets[0]) == columns else ()
    check_numbers(data.targets, (rows, columns), "$.data.targets", experiment.dtype, given)
    TEST_SIZE.check(data.test_size, "$.data.test_size")
    ACCUMULATE.check(data.accumulate, "$.data.accumulate")
    if data.batch_size is not None and not 1 <= data.batch_size <= data.training_rows:
        allowed = f"null or an integer from 1 to {data.training_rows}"
        raise expected("$.data.batch_size", allowed, data.batch_size)
    check_seed(data.seed, "$.data.seed")


def check_number(number: object, path: str, dtype: str) -> None:
    """Check that a number is finite, and stays finite in the experiment's dtype."""
    if not isinstance(number, float) or not math.isfinite(number):
        raise expected(path, "a finite number", describe(number))
    if abs(number) > LARGEST[dtype]:
        raise expected(path, f"a number that {dtype} can hold", number_text(number))


def check_numbers(numbers: object, shape: Sequence[int], path: str, dtype: str, known: object = ()) -> None:
    """Check nested sequences of finite numbers against a shape, naming the first place that differs.

    Rows of `known` are right already: rows of the same shape that were checked before.
    """
    if not shape:
        check_number(numbers, path, dtype)
        return
    noun = "number" if len(shape) == 1 else "row"
    if not isinstance(numbers, tuple):
        raise expected(path, f"a list of {plural(shape[0], noun)}", describe(numbers))
    if len(numbers) != shape[0]:
        raise expected(path, plural(shape[0], noun), len(numbers))
    if numbers is known or (len(shape) == 1 and _are_numbers((numbers,), dtype)):
        return
    given = known if isinstance(known, tuple) and len(shape) > 1 else ()
    places = rows_beside(numbers, given)
    if len(shape) > 1 and _are_rows([item for _, item in places], shape[1], dtype):
        return
    for index, item in places:
        check_numbers(item, shape[1:], f"{path}[{index}]", dtype)


def rows_beside(rows: tuple[T, ...], known: tuple[T, ...]) -> Iterable[tuple[int, T]]:
    """Return the rows that are none of the known ones, with their places: an edit shares all rows that it does not
    touch.

    A few of the known ones may be among them, where they have moved.
    """
    if rows is known:
        return ()
    # By identity: to compare their numbers would be to look at each.
    places = [index for index, same in enumerate(map(is_, rows, known)) if not same]
    places += range(len(known), len(rows))
    if len(places) > FEW:
        seen = set(map(id, known))
        places = [index for index in places if id(rows[index]) not in seen]
    return [(index, rows[index]) for index in places]


def _are_rows(rows: Sequence[Any], columns: int, dtype: str) -> bool:
    """Return whether all rows are right: a fast answer for large data,
    of which each row is looked at in no other way.
    """
    return set(map(type, rows)) <= {tuple} and set(map(len, rows)) <= {columns} and _are_numbers(rows, dtype)


def _are_numbers(rows: Sequence[tuple[object, ...]], dtype: str) -> bool:
    """Return whether all that stands in rows is right."""
    numbers = chain.from_iterable
    # NaN compares false with every limit.
    return set(map(type, numbers(rows))) <= {float} and all(map(LARGEST[dtype].__ge__, map(abs, numbers(rows))))  # type: ignore[arg-type]


def plural(count: int, noun: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
