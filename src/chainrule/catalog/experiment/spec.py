"""The experiment as data: network, data, loss, optimizer. Frozen, and free of torch.

Numbers are shared by experiments where an edit does not touch them: data as `Rows`, parameters as nested tuples.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, Integer, Number, SpecError, describe, one_of
from chainrule.catalog.experiment.board_spec import BoardSpec, check_board
from chainrule.catalog.experiment.data_names import NO_NAMES, DataNames
from chainrule.catalog.experiment.numbers import LARGEST, NestedNumbers, check_data_rows, check_numbers
from chainrule.catalog.experiment.question import Question, check_questions
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec_error import expected, plural
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.errors import FormulaError
from chainrule.formula.graph import Graph, graph_of

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
    gradients of `accumulate` batches are added up before an update. `names` are those of columns and classes. Rows
    that are given as tuples become `Rows`.
    """

    inputs: Rows
    targets: Rows
    batch_size: int | None = None
    shuffle: bool = False
    seed: int = 0
    test_size: float = 0.0
    accumulate: int = 1
    names: DataNames = NO_NAMES

    def __post_init__(self) -> None:
        """Let there be one kind of rows for all who read them."""
        object.__setattr__(self, "inputs", Rows.of(self.inputs))
        object.__setattr__(self, "targets", Rows.of(self.targets))

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
    board: BoardSpec | None = None
    questions: tuple[Question, ...] = ()

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
    _check_data(experiment)
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
    if experiment.board is not None:
        check_board(experiment.board, "$.board")
    check_questions(experiment.questions, "$.questions")


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


def _check_data(experiment: Experiment) -> None:
    data, network = experiment.data, experiment.network
    if network.formula:
        if data != DataSpec(Rows(), Rows()):
            raise SpecError("$.data", "a formula has no data: its parameters are all that it reads")
        return
    if not data.inputs:
        raise expected("$.data.inputs", "at least 1 row", "0")
    if len(data.targets) != len(data.inputs):
        wanted = f"{plural(len(data.inputs), 'row')}, one for each row of inputs"
        raise expected("$.data.targets", wanted, len(data.targets))
    check_data_rows(data.inputs, network.inputs, "$.data.inputs", experiment.dtype)
    # Whether a row is a class or a number for each output is the loss's: `check_experiment` knows it.
    columns = 1 if len(data.targets[0]) == 1 else network.outputs
    check_data_rows(data.targets, columns, "$.data.targets", experiment.dtype)
    TEST_SIZE.check(data.test_size, "$.data.test_size")
    ACCUMULATE.check(data.accumulate, "$.data.accumulate")
    if data.batch_size is not None and not 1 <= data.batch_size <= data.training_rows:
        allowed = f"null or an integer from 1 to {data.training_rows}"
        raise expected("$.data.batch_size", allowed, data.batch_size)
    check_seed(data.seed, "$.data.seed")
