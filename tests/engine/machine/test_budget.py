"""What an experiment takes is known before: the estimate beside what is then held, and what is refused by it."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import MAX_LAYERS, DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.commands.console import CommandError
from chainrule.commands.experiments import load
from chainrule.engine.machine import budget
from chainrule.engine.machine import memory as machine
from chainrule.engine.machine.budget import estimate
from chainrule.engine.machine.check import check_experiment
from chainrule.model.document import Segment
from chainrule.model.editing import edits
from chainrule.model.files.storage import write_experiment
from chainrule.model.timeline.history import History
from tests.experiments import dense, sgd

GB = 10**9


def close(measured: int, estimated: int) -> bool:
    """Within a factor of 1.5, and the few kilobytes that each tensor takes beside its numbers."""
    return estimated / 1.5 <= measured <= 1.5 * estimated + 40_000


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("sizes", "rows"), [((300, 400, 10), 5), ((4, 30, 30, 3), 900), ((200, 100, 300), 200), ((50, 1), 3000)]
)
def test_the_estimate_is_what_is_held(sizes: tuple[int, ...], rows: int, dtype: str, name: str) -> None:
    experiment = check_experiment(dense(sizes, rows, optimizer=Choice(name), dtype=dtype))
    history, estimated = History(Segment(0, experiment)), estimate(experiment)
    history.trace(0)
    assert close(history.state_nbytes, estimated.state)
    assert close(history.trace_nbytes, estimated.trace)
    assert close(sum(t.nbytes for t in set(history.executor.batches.held()) if len(t)), estimated.data)


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": sgd(0.1, 0.9)},
        {"optimizer": Choice("AdamW", {"amsgrad": True, "maximize": True})},
        {"clipping": Choice("clip_grad_norm_", {"max_norm": 1.0})},
        {"loss": Choice("HuberLoss")},
    ],
)
def test_the_estimate_knows_what_is_set(changes: dict[str, object]) -> None:
    experiment = check_experiment(dense((300, 400, 10), 50, **changes))
    history = History(Segment(0, experiment))
    history.trace(0)
    assert close(history.trace_nbytes, estimate(experiment).trace)


def wide(units: int = 4300) -> Experiment:
    """Some 20 million parameters, in a file of a few kilobytes."""
    network = NetworkSpec(4300, (LayerSpec(units), LayerSpec(1)))
    data = DataSpec(((0.5,) * 4300,), ((1.0,),))
    return Experiment(network, data, optimizer=Choice("Adam"))


def test_what_is_too_large_is_refused_with_the_estimate() -> None:
    with pytest.raises(SpecError, match=r"^\$: needs about 1\.8 GB, and this machine has 1\.0 GB free$"):
        check_experiment(wide(), free=lambda: GB)
    assert check_experiment(wide(), free=lambda: 4 * GB)
    # Where nobody tells how much there is, nothing is refused; and what is small is not asked for.
    assert check_experiment(wide(), free=lambda: None)
    assert check_experiment(dense((2, 2, 1), 2), free=lambda: 0)


def test_an_edit_is_refused_by_what_it_adds() -> None:
    known = check_experiment(wide())
    same = edits.set_optimizer(sgd(0.1))(known)
    assert check_experiment(same, known, lambda: 0)
    smaller = check_experiment(wide(10))
    with pytest.raises(SpecError, match=r"needs about 1\.8 GB, and this machine has 500 MB free"):
        check_experiment(known, smaller, lambda: GB // 2)
    assert check_experiment(known, smaller, lambda: 4 * GB)


def test_the_commands_refuse_in_a_line(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wide.chainrule"  # type: ignore[operator]
    write_experiment(wide(), path)
    monkeypatch.setattr("chainrule.commands.experiments.free_memory", lambda: GB)
    with pytest.raises(CommandError, match=r"wide.chainrule: \$: needs about 1\.8 GB"):
        load(path)


def test_the_time_of_an_iteration_is_told() -> None:
    experiment = dense((2000, 3000, 1), 1)
    row = experiment.data.inputs[0]
    data = replace(experiment.data, inputs=(row,) * 2000, targets=((1.0,),) * 2000)
    assert "and about 7 s for an iteration" in estimate(replace(experiment, data=data)).text


def test_so_many_layers_and_no_more() -> None:
    layers = (LayerSpec(1),) * MAX_LAYERS
    data = DataSpec(((1.0,),), ((1.0,),))
    assert check_experiment(Experiment(NetworkSpec(1, layers), data))
    with pytest.raises(SpecError, match="expected at most 500 layers, got 501"):
        check_experiment(Experiment(NetworkSpec(1, (*layers, LayerSpec(1))), data))


def test_the_machine_tells_what_is_free() -> None:
    left = machine.free_memory()
    assert left is None or 0 < left < 2**50
    block = bytearray(64 * 2**20)
    machine.give_back()
    gc.collect()
    assert len(block) == 64 * 2**20
    assert budget.memory_in_words(8_140_000_000) == "8.1 GB"
    assert budget.memory_in_words(350_400_000) == "350 MB"
