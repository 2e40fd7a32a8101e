"""Weights and optimizer state: what the exported script's own network and optimizer have, and load."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec, ParameterGroup
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.commands.walk import stop_reason
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.code.writing.script import pytorch_script
from chainrule.model.document import Document
from chainrule.model.exporting.history import StoppedError
from chainrule.model.exporting.weights import checkpoint, parameters_safetensors
from tests.experiments import article, sgd, usual
from tests.explain.code.writing.running import names_after
from tests.explain.code.writing.test_tables import small

LAYERS = (LayerSpec(3, Choice("PReLU"), lr=0.02), LayerSpec(2))
GROUPS = (ParameterGroup(("layers.1.bias",), {"weight_decay": 0.5}),)
KINDS = [usual(OPTIMIZERS, name, lr=0.05) for name in OPTIMIZERS]
KINDS += [sgd(0.05, 0.9), usual(OPTIMIZERS, "Adam", lr=0.01, bias_correction=False)]


def torchs(experiment: Experiment, iterations: int) -> dict[str, Any]:
    data = b"".join(checkpoint(Document.of(experiment), iterations, stop_reason))
    found: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
    return found


def close(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, torch.Tensor):
        return torch.allclose(found.double(), wanted.double(), rtol=1e-10, atol=1e-14)
    if isinstance(wanted, dict):
        return all(name in found and close(found[name], value) for name, value in wanted.items())
    if isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(close, found, wanted))
    return bool(found == pytest.approx(wanted) if isinstance(wanted, float) else found == wanted)


@pytest.mark.parametrize("optimizer", KINDS, ids=lambda choice: choice.name)
def test_they_are_those_of_the_script_after_as_many_iterations(optimizer: Choice) -> None:
    experiment = small(network=NetworkSpec(2, LAYERS), optimizer=optimizer)
    if "weight_decay" in optimizer.arguments and optimizer.arguments.get("bias_correction", True):
        experiment = check_experiment(replace(experiment, parameter_groups=GROUPS))
    names = names_after(pytorch_script(experiment), 5)
    found = torchs(experiment, 5)
    assert found["iteration"] == 5
    assert close(found["model_state_dict"], dict(names["network"].state_dict()))
    assert close(found["optimizer_state_dict"], names["optimizer"].state_dict())
    names["network"].load_state_dict(found["model_state_dict"])
    names["optimizer"].load_state_dict(found["optimizer_state_dict"])
    names["optimizer"].step()


def test_what_a_scheduler_has_set_is_in_the_groups() -> None:
    scheduler = usual(SCHEDULERS, "OneCycleLR", interval="iteration").replace(total_steps=20)
    experiment = small(optimizer=usual(OPTIMIZERS, "Adam", lr=0.01), scheduler=scheduler)
    names = names_after(pytorch_script(experiment), 4)
    found = torchs(experiment, 4)["optimizer_state_dict"]["param_groups"][0]
    wanted = names["optimizer"].state_dict()["param_groups"][0]
    assert found["lr"] == pytest.approx(wanted["lr"])
    assert list(found["betas"]) == pytest.approx(list(wanted["betas"]))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_safetensors_have_the_names_of_the_script(dtype: str) -> None:
    experiment = small(network=NetworkSpec(2, LAYERS), dtype=dtype)
    found = load(b"".join(parameters_safetensors(Document.of(experiment), 0, stop_reason)))
    wanted = names_after(pytorch_script(experiment), 0)["network"].state_dict()
    assert (
        sorted(found)
        == sorted(wanted)
        == sorted(["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias", "activation_0.weight"])
    )
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_the_start_has_no_optimizer_state() -> None:
    assert torchs(small(optimizer=usual(OPTIMIZERS, "Adam")), 0)["optimizer_state_dict"]["state"] == {}


def test_an_edit_in_the_middle_of_training_counts() -> None:
    experiment = article()
    faster = replace(experiment, optimizer=sgd(0.5))
    _, state = Executor(experiment).advance(Executor(experiment).initial_state())
    document = Document.of(experiment).branch(1, faster, state)
    found = load(b"".join(parameters_safetensors(document, 2, stop_reason)))
    _, wanted = Executor(faster).advance(state)
    assert all(torch.equal(found[name], value) for name, value in wanted.values.items() if name in found)


def test_what_overflows_is_not_written(tmp_path: Path) -> None:
    experiment = article(optimizer=sgd(1e200))
    with pytest.raises(StoppedError, match=r"iteration 1: .* before it comes 1 iteration"):
        b"".join(checkpoint(Document.of(experiment), 4, stop_reason))
