"""An experiment that is written as a script, and read again: the same, wherever no line is said to be left out."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.values.carried import trained_parameters
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.code.reading.script import read_script
from chainrule.explain.code.writing.script import pytorch_script
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from tests.experiments import experiments

PARTS = ("network", "loss", "optimizer", "clipping", "scheduler", "frozen", "dtype", "penalties", "parameter_groups")
LAYERED = {
    path.stem: path for path in example_paths() if read_experiment(path).network.layers and path.stem != "three-classes"
}


def losses_of(experiment: Experiment, count: int = 4) -> list[float]:
    executor = Executor(experiment)
    return [trace.values[experiment.network.loss_ref].item() for trace in islice(executor.iterations(), count)]


def plain(experiment: Experiment) -> Experiment:
    """The same without an axis that is said: each means the units of a sample."""
    layers = tuple(
        replace(layer, activation=layer.activation.replace(dim=None)) if "dim" in layer.activation.arguments else layer
        for layer in experiment.network.layers
    )
    return replace(experiment, network=replace(experiment.network, layers=layers))


def differing(one: Experiment, other: Experiment) -> list[str]:
    one, other = plain(one), plain(other)
    # A formula comes back in other words, or as the entry of a table that it is: its numbers are compared.
    by_formula = {
        "loss": one.loss.name == "Formula",
        "network": any(layer.activation.name == "Formula" for layer in one.network.layers),
    }
    return [name for name in PARTS if getattr(one, name) != getattr(other, name) and not by_formula.get(name)]


@pytest.mark.parametrize("path", LAYERED.values(), ids=LAYERED)
def test_the_examples_come_back_as_they_were(path: Path) -> None:
    experiment = check_experiment(read_experiment(path))
    found = read_script(pytorch_script(experiment).text)
    assert found.changing == ()
    assert differing(experiment, found.experiment) == []
    assert found.experiment.data.inputs == experiment.data.inputs
    assert found.experiment.data.targets == experiment.data.targets
    assert losses_of(found.experiment) == losses_of(experiment)


@given(experiment=experiments())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_experiment_comes_back_unless_a_line_is_said_to_be_left_out(experiment: Experiment) -> None:
    experiment = check_experiment(experiment)
    script = pytorch_script(experiment)
    # Rows that are alone, and parameters that nothing trains, do not say all that the experiment says.
    assume(not script.reads_file and len(experiment.data.inputs) > 1 and trained_parameters(experiment))
    found = read_script(script.text)
    assume(not found.changing)
    assert losses_of(found.experiment) == pytest.approx(losses_of(experiment), rel=1e-12, nan_ok=True)
    assert differing(experiment, found.experiment) == []
    if targets_of(experiment.loss) is not Targets.UNUSED:
        assert found.experiment.data.targets == experiment.data.targets
