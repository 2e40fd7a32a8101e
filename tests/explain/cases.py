"""Experiments to explain, and the values of one of their iterations as nested lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product

import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor
from chainrule.explain.equations import Equation, explain_element, plain_equation
from chainrule.explain.sentences.narration import narrate
from tests.experiments import article, mazur, neuron, parameters


@dataclass(frozen=True)
class Case:
    """One iteration of an experiment, to be explained."""

    experiment: Experiment
    program: Program
    numbers: Mapping[ValueRef, object]

    def values(self, ref: ValueRef) -> object:
        return self.numbers[ref]

    @property
    def rows(self) -> int:
        """Samples in the batch."""
        # A formula has no rows.
        inputs = self.numbers.get(refs.INPUT, [()])
        assert isinstance(inputs, list)
        return len(inputs)

    def step(self, ref: str) -> MicroStep:
        return self.program.steps[self.program.index[ValueRef(ref)]]

    def value(self, step: MicroStep, index: tuple[int, ...]) -> float:
        return self.value_of(step.writes, index)

    def value_of(self, ref: ValueRef, index: tuple[int, ...]) -> float:
        value: object = self.numbers[ref]
        for i in index:
            assert isinstance(value, list)
            value = value[i]
        assert isinstance(value, float)
        return value

    def elements(self) -> Iterator[tuple[MicroStep, tuple[int, ...]]]:
        """Every element that every step writes."""
        for step in self.program.steps:
            shape = torch.tensor(self.numbers[step.writes]).shape
            yield from ((step, index) for index in product(*map(range, shape)))

    def explain(
        self, step: MicroStep | str, index: tuple[int, ...] = (), sample: int = 0, digits: int | None = 4
    ) -> Equation:
        step = self.step(step) if isinstance(step, str) else step
        return explain_element(self.experiment, self.program, step, index, sample, self.values, digits)

    def plain(self, ref: str, index: tuple[int, ...] = (), digits: int | None = 4) -> str:
        return plain_equation(self.experiment, self.program, self.step(ref), index, 0, self.values, digits)

    def narrate(self, step: MicroStep | str, index: tuple[int, ...] = (), digits: int | None = 4) -> str:
        step = self.step(step) if isinstance(step, str) else step
        return narrate(self.experiment, self.program, step, index, 0, self.values, digits)


def case(experiment: Experiment, iteration: int = 0) -> Case:
    """The values of one iteration of an experiment."""
    executor = Executor(check_experiment(experiment))
    trace = next(islice(executor.iterations(), iteration, None))
    numbers = {ref: value.tolist() for ref, value in trace.values.items()}
    return Case(executor.experiment, executor.program.at(iteration), numbers)


def network(inputs: int, *layers: tuple[int, str], bias: bool = True) -> NetworkSpec:
    return NetworkSpec(inputs, tuple(LayerSpec(units, Choice(name), bias) for units, name in layers))


def random_rows(rows: int, columns: int, seed: int) -> Rows:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(rows, columns, generator=generator, dtype=torch.float64).tolist()
    return tuple(tuple(row) for row in numbers)


MOCKUP = article()
MAZUR = mazur()
SINGLE = neuron("Sigmoid", (2.0,), (0.6,), 0.9, target=0.0, lr=0.15)
MOMENTUM = replace(
    MOCKUP,
    optimizer=Choice("SGD", {"lr": 0.01, "momentum": 0.9}),
    parameters={**MOCKUP.parameters, **parameters({"layers.0.weight": ((0.1, 0.2), (-0.3, 0.1))})},
)
SCALAR = Experiment(
    network(1, (1, "Tanh"), (1, "Identity")),
    DataSpec(((2.0,), (-1.5,)), ((1.0,), (0.0,))),
    parameters=parameters(
        {
            "layers.0.weight": ((0.6,),),
            "layers.0.bias": (0.4,),
            "layers.1.weight": ((-0.5,),),
            "layers.1.bias": (0.1,),
        }
    ),
)
WIDE = Experiment(network(12, (20, "Tanh"), (3, "Identity")), DataSpec(random_rows(7, 12, 1), random_rows(7, 3, 2)))
EXPERIMENTS = {
    "mockup": MOCKUP,
    "momentum": MOMENTUM,
    "single": SINGLE,
    "scalar": SCALAR,
    "mazur": MAZUR,
    "wide": WIDE,
}
