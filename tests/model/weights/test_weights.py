"""Weights that PyTorch saved: a network trained there goes on here as it would have gone on there."""

from __future__ import annotations

import contextlib
import os
import pickle
import zipfile
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, ParameterGroup, SpecError
from chainrule.catalog.values import refs
from chainrule.cli import main
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.model.weights.matching import TakenWeights, with_weights
from chainrule.model.weights.weight_files import read_weights
from tests.commands.running import failed
from tests.experiments import article

X = ((0.5, -1.0), (2.0, 0.25), (-0.75, 1.5))
Y = ((1.0,), (0.0,), (0.5,))


def module() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 3), nn.PReLU(), nn.Linear(3, 1)).double()


def experiment(optimizer: Choice) -> Experiment:
    network = NetworkSpec(2, (LayerSpec(3, Choice("PReLU")), LayerSpec(1)))
    return check_experiment(Experiment(network, DataSpec(X, Y), optimizer=optimizer))


def trained(optimizer: torch.optim.Optimizer, network: nn.Module, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        x, y = (torch.tensor(rows, dtype=torch.float64) for rows in (X, Y))
        loss = nn.functional.mse_loss(network(x), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return losses


def losses_here(taken: Experiment, count: int) -> list[float]:
    return [trace.values[refs.LOSS].item() for trace in islice(Executor(taken).iterations(), count)]


@pytest.mark.parametrize(
    ("choice", "make"),
    [
        (Choice("Adam", {"lr": 0.1}), lambda p: torch.optim.Adam(p, lr=0.1)),
        (Choice("SGD", {"lr": 0.1, "momentum": 0.9}), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (Choice("RMSprop", {"lr": 0.02}), lambda p: torch.optim.RMSprop(p, lr=0.02)),
    ],
)
def test_training_goes_on_as_pytorch_goes_on(choice: Choice, make: Any, tmp_path: Path) -> None:
    network = module()
    optimizer = make(network.parameters())
    trained(optimizer, network, 4)
    path = tmp_path / "checkpoint.pt"
    states = {"model_state_dict": network.state_dict(), "optimizer_state_dict": optimizer.state_dict(), "epoch": 4}
    torch.save(states, path)
    taken = with_weights(experiment(choice), read_weights(path))
    assert taken.notes == ()
    assert losses_here(check_experiment(taken.experiment), 5) == pytest.approx(
        trained(optimizer, network, 5), rel=1e-10
    )


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_safetensors_are_read(prefix: str, tmp_path: Path) -> None:
    network = module()
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file({f"{prefix}{name}": tensor for name, tensor in network.state_dict().items()}, path)
    taken = with_weights(experiment(Choice("SGD", {"lr": 0.1})), read_weights(path))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    assert losses_here(check_experiment(taken.experiment), 4) == pytest.approx(
        trained(optimizer, network, 4), rel=1e-10
    )


def test_names_of_the_contract_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"layers.1.bias": torch.tensor([7.0]), "layers.0.bias": torch.tensor([1.0, 2.0])}, path)
    taken = with_weights(check_experiment(article()), read_weights(path))
    assert taken.experiment.parameters[refs.bias(1)] == (7.0,)
    assert taken.experiment.parameters[refs.bias(0)] == (1.0, 2.0)
    assert taken.notes == ("the file has nothing for layers.0.weight, layers.1.weight",)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"fc1.weight": torch.ones(2, 2), "fc1.bias": torch.ones(5), "bn.running_mean": torch.ones(2)}, path)
    taken = with_weights(check_experiment(article()), read_weights(path))
    assert taken.experiment.parameters[refs.weight(0)] == ((1.0, 1.0), (1.0, 1.0))
    assert taken.notes == (
        "fc1.bias has the shape (5,) and layers.0.bias (2,): left out",
        "the file has nothing for layers.1.weight, layers.1.bias",
        "not needed, and left out: bn.running_mean",
    )


class Harm:
    """What would run something as it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def taken_from(path: Path) -> TakenWeights:
    return with_weights(check_experiment(article()), read_weights(path))


def test_code_is_refused_before_it_can_run(tmp_path: Path) -> None:
    path, harmed = tmp_path / "weights.pt", tmp_path / "harmed"
    torch.save({"weight": torch.ones(1), "harm": Harm(harmed)}, path)
    with pytest.raises(SpecError, match="it holds more than numbers and names"):
        read_weights(path)
    path.write_bytes(pickle.dumps(Harm(harmed)))
    with pytest.raises(SpecError, match="this is no file of torch"):
        read_weights(path)
    assert not harmed.exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(module(), path)
    with pytest.raises(SpecError, match="save state_dict"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "it holds no state_dict"),
        ({"weight": torch.ones(3, 3)}, "no weights fit: the network has"),
        ({"fc.weight": torch.full((2, 2), torch.nan)}, "fc.weight has numbers that are not finite"),
        ({"fc.weight": torch.zeros(1).expand(10**9)}, "expected at most 80000000 numbers in it"),
    ],
)
def test_what_cannot_be_taken_is_said(content: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    with pytest.raises(SpecError, match=message):
        taken_from(path)


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\0" * 10_000_000)
    with pytest.raises(SpecError, match="compresses nothing"):
        read_weights(path)


def test_a_header_that_declares_more_than_there_is_is_refused(tmp_path: Path) -> None:
    header = b'{"w":{"dtype":"F64","shape":[1000000000],"data_offsets":[0,8000000000]}}'
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(SpecError, match="this is no file of safetensors"):
        read_weights(path)


def test_mutated_files_give_the_documented_error(tmp_path: Path) -> None:
    import random

    drawn = random.Random(5)
    for name in ("w.pt", "w.safetensors"):
        path = tmp_path / name
        if name.endswith(".pt"):
            torch.save(module().state_dict(), path)
        else:
            safetensors.torch.save_file(module().state_dict(), path)
        whole = path.read_bytes()
        for _ in range(200):
            data = bytearray(whole)
            for _ in range(drawn.choice([1, 3, 20])):
                data[drawn.randrange(len(data))] = drawn.randrange(256)
            path.write_bytes(bytes(data[: drawn.choice([len(data), drawn.randrange(len(data))])]))
            with contextlib.suppress(SpecError):
                taken_from(path)


def test_damage_that_torch_or_zipfile_has_no_word_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(module().state_dict(), path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            # It ends in the length of a text: its reader unpacks four bytes of which there are none.
            archive.writestr(name, b"\x80\x02X" if name.endswith("data.pkl") else data)
    with pytest.raises(SpecError, match="torch cannot load it: unpack requires"):
        read_weights(path)
    # A place that only a ZIP of several disks has.
    path.write_bytes(
        b"PK\x06\x07" + (1).to_bytes(4, "little") + bytes(8) + (2).to_bytes(4, "little") + b"PK\x05\x06" + bytes(18)
    )
    with pytest.raises(SpecError, match="damaged file of torch"):
        read_weights(path)


def test_the_command_takes_weights_into_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, into, out = tmp_path / "w.pt", tmp_path / "into.chainrule", tmp_path / "out.chainrule"
    torch.save({"0.weight": torch.ones(2, 2), "0.bias": torch.zeros(2)}, weights)
    write_experiment(article(), into)
    assert main(["import", str(weights), "--into", str(into), "-o", str(out)]) == 0
    assert read_experiment(out).parameters[refs.weight(0)] == ((1.0, 1.0), (1.0, 1.0))
    assert capsys.readouterr().err == f"{weights}: the file has nothing for layers.1.weight, layers.1.bias\n"
    message = failed(capsys, "import", str(weights), "-o", str(out))
    assert message == f"{weights}: weights are no network: name the experiment that they are for with --into FILE"
    before = into.read_bytes()
    message = failed(capsys, "import", str(weights), "--into", str(into), "-o", str(into))
    assert message == f"{into}: this is the file that is read, and would be lost: name another"
    assert into.read_bytes() == before


def checkpoint_of(tmp_path: Path, change: Any) -> tuple[Path, nn.Sequential, torch.optim.Optimizer]:
    """Write a checkpoint of Adam with settings of its own, changed by a function of the optimizer's state."""
    network = module()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05, betas=(0.5, 0.6))
    trained(optimizer, network, 3)
    state = optimizer.state_dict()
    state = {**state, "state": {key: dict(each) for key, each in state["state"].items()}}
    change(state)
    path = tmp_path / "checkpoint.pt"
    torch.save({"model": network.state_dict(), "optimizer": state}, path)
    return path, network, optimizer


def test_the_settings_of_the_optimizer_are_taken(tmp_path: Path) -> None:
    path, network, optimizer = checkpoint_of(tmp_path, lambda state: None)
    taken = with_weights(experiment(Choice("Adam", {"lr": 0.1})), read_weights(path))
    assert taken.notes == ()
    assert taken.experiment.optimizer["betas"] == (0.5, 0.6)
    assert losses_here(check_experiment(taken.experiment), 5) == pytest.approx(
        trained(optimizer, network, 5), rel=1e-10
    )


def test_groups_of_parameters_are_taken_in_torchs_order(tmp_path: Path) -> None:
    network = module()
    weights, rest = [network[0].weight, network[2].weight], [network[0].bias, network[1].weight, network[2].bias]
    groups = [{"params": rest}, {"params": weights, "lr": 0.2, "momentum": 0.5}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    trained(optimizer, network, 3)
    path = tmp_path / "checkpoint.pt"
    torch.save({"model": network.state_dict(), "optimizer": optimizer.state_dict()}, path)
    own = ParameterGroup(("layers.0.weight", "layers.1.weight"), {"lr": 0.3})
    begun = replace(experiment(Choice("SGD", {"lr": 0.1, "momentum": 0.9})), parameter_groups=(own,))
    taken = with_weights(check_experiment(begun), read_weights(path))
    assert taken.notes == ()
    assert losses_here(check_experiment(taken.experiment), 5) == pytest.approx(
        trained(optimizer, network, 5), rel=1e-10
    )


def test_the_rate_that_a_scheduler_set_is_not_taken_for_its_first(tmp_path: Path) -> None:
    path, *_ = checkpoint_of(tmp_path, lambda state: state["param_groups"][0].update(initial_lr=0.4))
    begun = replace(experiment(Choice("Adam", {"lr": 0.1})), scheduler=Choice("StepLR", {"step_size": 2}))
    assert with_weights(check_experiment(begun), read_weights(path)).experiment.optimizer["lr"] == 0.4
    path, *_ = checkpoint_of(tmp_path, lambda state: None)
    taken = with_weights(check_experiment(begun), read_weights(path))
    assert taken.experiment.optimizer["lr"] == 0.1
    assert taken.notes == ("the learning rate 0.05 was left out: the scheduler sets it from 0.1",)


def test_settings_of_another_optimizer_are_left_out_with_a_note(tmp_path: Path) -> None:
    path, *_ = checkpoint_of(tmp_path, lambda state: None)
    taken = with_weights(experiment(Choice("NAdam", {"lr": 0.1})), read_weights(path))
    note = "the optimizer's settings were left out: in the file they are those of another one than NAdam"
    assert taken.notes == (note,)
    assert taken.experiment.optimizer["lr"] == 0.1


ANEW = "of the optimizer's state was left out, and begins anew: layers.0.weight."


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("exp_avg", torch.ones(7), f"{ANEW}exp_avg has the shape (7,)"),
        ("exp_avg", torch.full((3, 2), torch.nan), f"{ANEW}exp_avg is not finite"),
        ("exp_avg", "words", f"{ANEW}exp_avg is no number"),
        ("exp_avg_sq", torch.full((3, 2), -1.0), f"{ANEW}exp_avg_sq is negative"),
        ("step", torch.tensor(torch.nan), f"{ANEW}step is not finite"),
        ("step", torch.tensor(torch.inf), f"{ANEW}step is not finite"),
        ("step", torch.ones(5), f"{ANEW}step has the shape (5,)"),
        ("step", -3, f"{ANEW}step is negative"),
        ("step", 10**400, f"{ANEW}step is too large"),
    ],
)
def test_state_that_cannot_be_is_left_out_with_a_note(name: str, value: Any, note: str, tmp_path: Path) -> None:
    path, *_ = checkpoint_of(tmp_path, lambda state: state["state"][0].update({name: value}))
    taken = with_weights(experiment(Choice("Adam", {"lr": 0.1})), read_weights(path))
    assert taken.notes == (note,)
    check_experiment(taken.experiment)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"state": 5}, "the optimizer's state was left out: it is no table of what is kept for each parameter"),
        ({"param_groups": 5}, "the optimizer's settings were left out: the file has none as torch writes them"),
    ],
)
def test_an_optimizer_that_is_none_is_said(changes: dict[str, Any], note: str, tmp_path: Path) -> None:
    path, *_ = checkpoint_of(tmp_path, lambda state: state.update(changes))
    assert with_weights(experiment(Choice("Adam", {"lr": 0.1})), read_weights(path)).notes == (note,)


def test_settings_out_of_range_are_left_out_with_a_note(tmp_path: Path) -> None:
    path, *_ = checkpoint_of(tmp_path, lambda state: state["param_groups"][0].update(lr=torch.nan))
    taken = with_weights(experiment(Choice("Adam", {"lr": 0.1})), read_weights(path))
    assert taken.notes == ("the optimizer's settings were left out: lr expected a finite number, got nan",)


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [
        (torch.ones(2, 2).to_sparse(), "sparse"),
        (torch.ones(2, 2, device="meta"), "without numbers, on the device meta"),
        (torch.ones(2, 2, dtype=torch.complex64), "complex"),
    ],
)
def test_tensors_of_other_kinds_are_refused_by_name(tensor: torch.Tensor, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"fc.weight": tensor}, path)
    with pytest.raises(SpecError, match=f"the tensor fc.weight is {kind}, which is not understood"):
        read_weights(path)
    path, *_ = checkpoint_of(tmp_path, lambda state: state["state"][0].update(exp_avg=tensor))
    with pytest.raises(SpecError, match=f"the tensor exp_avg of the optimizer's parameter 0 is {kind}"):
        read_weights(path)


def test_layers_of_safetensors_are_taken_as_they_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    network = NetworkSpec(1, tuple(LayerSpec(1) for _ in range(12)))
    begun = replace(experiment(Choice("SGD", {"lr": 0.1})), network=network, data=DataSpec(((1.0,),), ((1.0,),)))
    safetensors.torch.save_file({f"{index}.weight": torch.full((1, 1), float(index)) for index in range(12)}, path)
    taken = with_weights(check_experiment(begun), read_weights(path))
    assert [taken.experiment.parameters[refs.weight(layer)] for layer in range(12)] == [((i,),) for i in range(12)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    path = tmp_path / "pipe.pt"
    os.mkfifo(path)
    with pytest.raises(SpecError, match="this is not a file"):
        read_weights(path)
    with pytest.raises(SpecError, match="this is a folder, not a file"):
        read_weights(tmp_path)
