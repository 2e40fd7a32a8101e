"""From what a script does to an experiment: the network, its numbers, the data, and what was chosen for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import (
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
)
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.code.reading.findings import Effect
from chainrule.explain.code.reading.modules import settled
from chainrule.explain.code.reading.state import ScriptCall, ScriptState
from chainrule.explain.code.reading.values import (
    PenaltyTerm,
    ReadLayer,
    ScriptArray,
    ScriptLoss,
    ScriptOptimizer,
    Signal,
)

# What is put in the place of data that the script does not hold.
ROWS_CHOSEN = 8
LR_CHOSEN = 0.01
TABLE_HINT = "import a table afterwards (File > Import data), or begin with it (chainrule import TABLE)"
# Lines that are named where there is no network.
MOST_NAMED = 5
HALF = 0.5


class Assembly:
    """The experiment that a script's network, loss, optimizer and data make."""

    def __init__(self, state: ScriptState, call: ScriptCall) -> None:
        self._state, self._call = state, call
        self._training = state.training
        self._refs: dict[int, ValueRef] = {}
        self._arrays: dict[ValueRef, ScriptArray] = {}
        self._given: dict[ValueRef, ScriptArray] = {}
        # Where first values come from, in words; empty where a seed draws the same here.
        self.first_values = ""

    def experiment(self) -> Experiment:
        """Return the experiment, or raise `SpecError` where there is no network."""
        loss = self._training.backward or (self._training.losses[-1] if self._training.losses else None)
        signal = loss.output if loss is not None else self._signal()
        if signal is None or not signal.layers:
            raise SpecError("$.network", self._without_network())
        signal = settled(signal, self._call)
        layers = signal.layers
        network = NetworkSpec(self._inputs(layers), tuple(map(self._layer, layers)))
        self._name(layers)
        choice = self._loss(loss, network)
        experiment = Experiment(network, self._data(signal, loss, network, choice), loss=choice, dtype=self._dtype())
        experiment = replace(experiment, **self._optimizing(loss))
        return self._with_numbers(experiment)

    def _without_network(self) -> str:
        """Say that there is none, and what stands there that is not known here."""
        text = "no network was found in it: layers of torch.nn.Linear that numbers go through"
        found = [each for each in self._state.findings.all() if each.line and each.effect is Effect.CHANGES]
        more = f"; and {plural(len(found) - MOST_NAMED, 'more line')}" if len(found) > MOST_NAMED else ""
        return "; ".join((text, *map(str, found[:MOST_NAMED]))) + more

    def _signal(self) -> Signal | None:
        """Return what the script computes without a loss, or what its last module makes of inputs."""
        if self._state.signals:
            return self._state.signals[-1]
        for module in reversed(self._state.modules):
            if any(True for _ in module.parameters()):
                found = self._call.caller.call(module, [Signal(None)], {}, self._call.node)
                if isinstance(found, Signal) and found.layers:
                    return found
        return None

    # -------------------------------------------------------------------------------------------------- network

    def _inputs(self, layers: tuple[ReadLayer, ...]) -> int:
        width = int(str(layers[0].module.attributes["in_features"]))
        for before, layer in pairwise(layers):
            units, wanted = before.module.attributes["out_features"], layer.module.attributes["in_features"]
            if units != wanted:
                text = f"line {layer.line}: a layer takes {wanted} numbers, and the one before it gives {units}"
                raise SpecError("$.network", text)
        if len({id(layer.module) for layer in layers}) < len(layers):
            self._state.findings.add(layers[-1].line, "a layer that is used twice became two layers here")
        return width

    def _layer(self, layer: ReadLayer) -> LayerSpec:
        units = int(str(layer.module.attributes["out_features"]))
        activation = layer.activation or Choice("Identity")
        if activation.name == "PReLU" and layer.slope is not None:
            activation = activation.replace(num_parameters=int(layer.slope.tensor.numel()))
        if activation.name in ("Softmax", "LogSoftmax"):
            activation = self._over_units(activation, layer)
        return LayerSpec(units, activation, bias="bias" in layer.module.attributes)

    def _over_units(self, activation: Choice, layer: ReadLayer) -> Choice:
        if activation.arguments.get("dim") in (0, -2):
            text = f"{activation.name} over dimension 0 mixes samples; here it is over the units of each sample"
            self._state.findings.add(layer.line, text)
            return Choice(activation.name)
        return activation

    def _name(self, layers: tuple[ReadLayer, ...]) -> None:
        for index, layer in enumerate(layers):
            weight, bias = layer.module.attributes["weight"], layer.module.attributes.get("bias")
            self._put(refs.weight(index), weight, is_turned=layer.module.kind == "matrix")
            if bias is not None:
                self._put(refs.bias(index), bias)
            entry = ACTIVATIONS.get(layer.activation.name) if layer.activation else None
            if entry is not None and entry.learned and layer.slope is not None:
                self._put(refs.learned(index, entry.learned[0].name), layer.slope)

    def _put(self, ref: ValueRef, array: object, *, is_turned: bool = False) -> None:
        if isinstance(array, ScriptArray):
            self._refs.setdefault(id(array), ref)
            self._given[ref] = array
            self._arrays[ref] = ScriptArray(array.tensor.T if is_turned else array.tensor, array.learned, array.frozen)

    def _dtype(self) -> str:
        double = any(array.tensor.dtype == torch.float64 for array in self._arrays.values())
        return "float64" if double else "float32"

    def _with_numbers(self, experiment: Experiment) -> Experiment:
        """Return the experiment with the script's first numbers, unless they are those of the seed anyway."""
        seeded = replace(experiment, initialization=InitializationSpec(seed=self._state.seed))
        drawn = _drawn(seeded)
        ours = {ref: array.tensor.to(drawn[ref].dtype).reshape(drawn[ref].shape) for ref, array in self._arrays.items()}
        if self._state.unseeded_line and not self._state.is_seeded:
            text = "the script sets no seed, so that each of its runs draws others; drawn here as with the seed 0"
            self._state.findings.add(self._state.unseeded_line, text, Effect.CHOSEN)
        others = [ref for ref, tensor in ours.items() if not torch.equal(drawn[ref], tensor)]
        if not others:
            return seeded
        self.first_values = self._origin(others)
        return replace(seeded, parameters={ref: nested(tensor) for ref, tensor in ours.items()})

    def _origin(self, others: list[ValueRef]) -> str:
        """Say where first values come from that are not those of the seed here."""
        state = self._state
        if all(state.is_drawn(self._given[ref]) for ref in others):
            return f"drawn by the script's seed {state.seed}" if state.is_seeded else "drawn as with the seed 0"
        return f"set by the script, or drawn by its seed {state.seed}" if state.is_seeded else "set by the script"

    # ----------------------------------------------------------------------------------------------- optimizing

    def _loss(self, loss: ScriptLoss | None, network: NetworkSpec) -> Choice:
        if loss is not None:
            if loss.divided in (1, self._training.accumulate):
                return loss.choice
            if loss.choice.arguments.get("reduction") == "sum" and loss.divided == self._rows(loss):
                return loss.choice.replace(reduction="batchmean")
            scaled = _scaled_loss(loss.choice, 1 / loss.divided)
            if scaled is None:
                text = f"the loss is divided by {loss.divided:g} before its backward pass, which was left out"
                self._state.findings.add(loss.line, text)
            return scaled or loss.choice
        name = "CrossEntropyLoss" if network.outputs > 1 else "MSELoss"
        last = network.layers[-1].activation.name
        name = {"Sigmoid": "BCELoss", "LogSoftmax": "NLLLoss", "Softmax": "MSELoss"}.get(last, name)
        self._state.findings.add(0, f"the script computes no loss of its network: {name} was chosen", Effect.CHOSEN)
        return Choice(name)

    @staticmethod
    def _rows(loss: ScriptLoss) -> int | None:
        source = loss.output.source
        return source.shape[0] if isinstance(source, ScriptArray) and source.shape else None

    def _optimizing(self, loss: ScriptLoss | None) -> dict[str, Any]:
        training = self._training
        optimizer = training.stepped or (training.optimizers[-1] if training.optimizers else None)
        changes: dict[str, Any] = {"clipping": training.clipping, "penalties": self._penalties(loss)}
        if optimizer is None:
            text = f"the script has no optimizer: SGD with a learning rate of {LR_CHOSEN} was chosen"
            self._state.findings.add(0, text, Effect.CHOSEN)
            return changes | {"optimizer": Choice("SGD", {"lr": LR_CHOSEN}), "frozen": self._frozen(None)}
        if training.in_loop and not training.clears:
            text = "gradients are never cleared: in the script they add up, here each iteration begins from zero"
            self._state.findings.add(training.backward_line, text)
        changes |= {"optimizer": optimizer.choice, "frozen": self._frozen(optimizer)}
        changes["parameter_groups"] = self._groups(optimizer)
        scheduler = training.scheduler
        if scheduler is not None:
            changes["scheduler"] = scheduler.choice.replace(interval=training.interval)
        elif training.schedulers:
            text = "this scheduler never steps in the script, and was left out"
            self._state.findings.add(training.schedulers[-1].line, text, Effect.HARMLESS)
        return changes

    def _frozen(self, optimizer: ScriptOptimizer | None) -> frozenset[ValueRef]:
        frozen = {ref for ref, array in self._arrays.items() if array.frozen}
        if optimizer is None:
            return frozenset(frozen)
        trained = {self._refs.get(id(array)) for parameters, _ in optimizer.groups for array in parameters}
        left = sorted(set(self._arrays) - trained - frozen)
        if left and len(left) < len(self._arrays):
            names = ", ".join(left)
            self._state.findings.add(
                optimizer.line, f"the optimizer does not train {names}: frozen here", Effect.CHOSEN
            )
            frozen |= set(left)
        elif left:
            text = "the optimizer trains other parameters than those of the network that the loss is of"
            self._state.findings.add(optimizer.line, text)
        return frozenset(frozen)

    def _groups(self, optimizer: ScriptOptimizer) -> tuple[ParameterGroup, ...]:
        found = []
        for parameters, own in optimizer.groups:
            names = [self._refs[id(array)] for array in parameters if id(array) in self._refs]
            if own and len(names) == len(self._arrays):
                optimizer.choice = optimizer.choice.replace(**own)
            elif own and names:
                found.append(ParameterGroup(tuple(names), own))
        return tuple(found)

    def _penalties(self, loss: ScriptLoss | None) -> tuple[PenaltySpec, ...]:
        parts = loss.penalties if loss is not None and loss.penalties is not None else PenaltyTerm(())
        together: dict[tuple[str, float], list[str]] = {}
        for kind, array, factor in parts.parts:
            if (ref := self._refs.get(id(array))) is not None:
                together.setdefault((kind, factor), []).append(ref)
        return tuple(
            PenaltySpec(Choice(kind, {"factor": factor}), tuple(names)) for (kind, factor), names in together.items()
        )

    # ------------------------------------------------------------------------------------------------------ data

    def _data(self, signal: Signal, loss: ScriptLoss | None, network: NetworkSpec, choice: Choice) -> DataSpec:
        inputs = _matrix(signal.source, network.inputs)
        targets = loss.target if loss is not None else None
        rows = None if inputs is None else inputs.shape[0]
        columns = target_rows(targets, network, choice, rows)
        if inputs is None or columns is None:
            inputs, columns = self._chosen(inputs, columns, network, choice)
        if loss is not None:
            self._check_shapes(loss, signal, network, choice)
        batch = self._training.batch_size
        batch = None if batch is None or batch >= len(inputs) else batch
        return DataSpec(
            rows_of(inputs),
            rows_of(columns),
            batch_size=batch,
            shuffle=self._shuffle(batch),
            accumulate=self._training.accumulate,
        )

    def _shuffle(self, batch: int | None) -> bool:
        if not self._training.shuffle or batch is None:
            return False
        text = "batches are drawn in another order than torch's: under a seed of the data's own"
        self._state.findings.add(self._training.backward_line, text)
        return True

    def _chosen(
        self, inputs: torch.Tensor | None, targets: torch.Tensor | None, network: NetworkSpec, choice: Choice
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return data in the place of what the script does not hold, and say so."""
        generator = torch.Generator().manual_seed(0)
        what = [name for name, found in (("inputs", inputs), ("targets", targets)) if found is None]
        rows = next((len(each) for each in (inputs, targets) if each is not None), ROWS_CHOSEN)
        if inputs is None:
            inputs = torch.round(torch.randn(rows, network.inputs, generator=generator), decimals=2)
        if targets is None:
            targets = _targets_chosen(rows, network, choice, generator)
        text = (
            f"the script does not hold its {' and '.join(what)}: {rows} rows of random numbers were put in their place"
        )
        self._state.findings.add(0, f"{text}; {TABLE_HINT}")
        return inputs, targets

    def _check_shapes(self, loss: ScriptLoss, signal: Signal, network: NetworkSpec, choice: Choice) -> None:
        """Say where torch compares every output with every target, which hardly anybody means."""
        target = loss.target
        if not isinstance(target, ScriptArray) or targets_of(choice) in (Targets.CLASSES, Targets.DISTRIBUTIONS):
            return
        flat_target, rows = len(target.shape) == 1, target.shape[0] if target.shape else 1
        if network.outputs == 1 and rows > 1 and flat_target is not signal.is_flat and signal.rows is not None:
            text = "outputs and targets differ in shape, so that torch compares each output with every target; "
            self._state.findings.add(loss.line, f"{text}here each is compared with its own")


# The losses that a factor can be written in front of.
TERMS = {"MSELoss": "(o - t)^2", "L1Loss": "abs(o - t)"}


def _scaled_loss(choice: Choice, factor: float) -> Choice | None:
    """Return a multiple of a loss, where a loss of the tables is one."""
    rest = {name: value for name, value in choice.arguments.items() if name == "reduction"}
    if choice.name == "MSELoss" and factor == HALF:
        return Choice("HalfSquaredError", rest)
    text = TERMS.get(choice.name, choice.arguments.get("formula"))
    return None if text is None else Choice("Formula", {"formula": f"{factor!r}*({text})", **rest})


def _matrix(source: object, width: int) -> torch.Tensor | None:
    """Return inputs as rows of so many numbers, or None where they are not known or do not fit."""
    if not isinstance(source, ScriptArray) or not source.shape or source.shape[-1] != width or 0 in source.shape:
        return None
    return source.tensor.reshape(-1, width)


def target_rows(target: object, network: NetworkSpec, choice: Choice, rows: int | None) -> torch.Tensor | None:
    """Return targets as rows, or None where they are not known or do not fit."""
    if not isinstance(target, ScriptArray) or 0 in target.shape:
        return torch.zeros(rows, network.outputs) if rows and targets_of(choice) is Targets.UNUSED else None
    tensor, outputs = target.tensor, network.outputs
    if targets_of(choice) in (Targets.CLASSES, Targets.DISTRIBUTIONS) and not tensor.is_floating_point():
        outputs = 1
    if tensor.numel() % outputs:
        return None
    found = tensor.reshape(-1, outputs)
    return found if rows is None or len(found) == rows else None


def _targets_chosen(rows: int, network: NetworkSpec, choice: Choice, generator: torch.Generator) -> torch.Tensor:
    kind = targets_of(choice)
    if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        return torch.arange(rows).remainder(network.outputs).reshape(-1, 1).double()
    if kind in (Targets.FRACTIONS, Targets.SIGNS):
        drawn = torch.randint(0, 2, (rows, network.outputs), generator=generator).double()
        return drawn if kind is Targets.FRACTIONS else 2 * drawn - 1
    return torch.round(torch.randn(rows, network.outputs, generator=generator), decimals=2)


def rows_of(tensor: torch.Tensor) -> Rows:
    """Return a matrix as the rows of an experiment."""
    return Rows.of(map(tuple, plain_numbers(tensor)))


def nested(tensor: torch.Tensor) -> NestedNumbers:
    """Return a parameter as an experiment holds it."""
    found = plain_numbers(tensor)
    return tuple(map(tuple, found)) if tensor.ndim > 1 else tuple(found)


def plain_numbers(tensor: torch.Tensor) -> Any:
    """Return numbers as lists; those of float32 with the fewest digits that give them again, as 0.1."""
    if tensor.dtype != torch.float32:
        return tensor.double().tolist()
    exact = tensor.detach().numpy()
    short = exact.astype(str).astype(np.float64)
    return np.where(short.astype(np.float32) == exact, short, exact.astype(np.float64)).tolist()


def _drawn(experiment: Experiment) -> dict[ValueRef, torch.Tensor]:
    from chainrule.engine.initializers import initial_parameters  # noqa: PLC0415

    return initial_parameters(experiment)
