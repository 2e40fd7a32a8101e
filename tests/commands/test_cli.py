"""The commands: what they print, with which status they end, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.cli import main
from chainrule.engine import evaluation
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.equations import explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.model.files.storage import encode_experiment, read_experiment
from chainrule.resource_files import OPENING_EXAMPLE
from tests.commands.running import ARTICLE, EXAMPLES, MAZUR, MESSAGE, strict
from tests.experiments import article, dense

KEYS = ["iteration", "index", "phase", "kind", "ref", "reads", "value", "equation"]
NINE_DIGITS = 5e-10


# --------------------------------------------------------------------------------------------------------- trace


@pytest.mark.parametrize("name", EXAMPLES)
def test_trace_prints_every_value_of_the_executor(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(EXAMPLES[name]), "--iterations", "3", "--format", "json"]) == 0
    lines = [strict(line) for line in capsys.readouterr().out.splitlines()]
    experiment = check_experiment(read_experiment(EXAMPLES[name]))
    executor = Executor(experiment)
    expected = [
        {
            "iteration": trace.iteration,
            "index": index,
            "phase": step.phase.value,
            "kind": step.kind.value,
            "ref": step.writes,
            "reads": list(step.reads),
            "value": trace.values[step.writes].tolist(),
            "equation": explain_step(experiment, executor.program, step),
        }
        for trace in islice(executor.iterations(), 3)
        for index, step in enumerate(executor.program.steps)
    ]
    assert lines == expected
    assert all(list(line) == KEYS for line in lines)


def test_the_trace_s_values_can_be_computed_from_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """The first z of the article's network, by hand, from what the file holds."""
    assert main(["trace", ARTICLE, "--format", "json"]) == 0
    first = strict(capsys.readouterr().out.splitlines()[0])
    assert first["reads"] == ["input", "layers.0.weight", "layers.0.bias"]
    assert first["value"] == [pytest.approx(row, abs=1e-15) for row in ([0.5, 1.1], [1.1, 2.5])]


def test_the_text_has_each_title_equation_and_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", ARTICLE]) == 0
    text = capsys.readouterr().out
    experiment = article()
    for index, step in enumerate(Executor(experiment).program.steps):
        title = step_title(Notation.of(experiment), step)
        assert f"{title}  (iteration 0, micro-step {index + 1} of 17: {step.writes})\n" in text
    assert "sample 1: z₁⁽¹⁾ = w₁₁⁽¹⁾·x₁ + w₁₂⁽¹⁾·x₂ + b₁⁽¹⁾ = (0.1)(1) + (0.2)(2) + 0 = 0.5\n" in text
    assert "  The loss is one number for how wrong the outputs are" in text
    assert text.count("    new w") == 6


def test_a_wide_layer_is_cut_short(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wide.chainrule"
    path.write_bytes(encode_experiment(dense((3, 40, 2), rows=1)))
    assert main(["trace", str(path)]) == 0
    text = capsys.readouterr().out
    assert "z₈⁽¹⁾ = " in text
    assert "z₉⁽¹⁾ = " not in text
    assert "    and 32 more numbers\n" in text


def test_samples_have_the_numbers_of_their_rows(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    data = replace(article().data, inputs=((1.0, 2.0),) * 3, targets=((1.0,),) * 3, batch_size=2)
    assert main(["trace", written("batches", data=data), "--iterations", "2"]) == 0
    first, second = capsys.readouterr().out.split("iteration 1, micro-step 1 of")
    assert "sample 1: ŷ" in first
    assert "sample 2: ŷ" in first
    # The last batch has one sample, and needs no number.
    assert "sample 3" not in first + second
    shuffled = replace(data, shuffle=True, batch_size=2, seed=1)
    assert main(["trace", written("shuffled", data=shuffled)]) == 0
    rows = Executor(article(data=shuffled)).trace(Executor(article(data=shuffled)).initial_state()).rows
    assert rows != (0, 1)
    text = capsys.readouterr().out
    assert all(f"sample {row + 1}: ŷ" in text for row in rows)


def trained(capsys: pytest.CaptureFixture[str], path: str, iterations: int, *more: str) -> Any:
    assert main(["train", path, "--iterations", str(iterations), "--format", "json", *more]) == 0
    return strict(capsys.readouterr().out)


# --------------------------------------------------------------------------------------------------------- train


def test_mazur_s_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    found = trained(capsys, MAZUR, 2)
    assert list(found) == ["losses", "lr", "parameters", "final_loss"]
    assert found["losses"] == pytest.approx([0.298371109, 0.29102777369], abs=NINE_DIGITS)
    assert found["lr"] == [0.5, 0.5]
    once = trained(capsys, MAZUR, 1)["parameters"]
    first, second = once["layers.0.weight"], once["layers.1.weight"]
    assert first[0] + first[1] == pytest.approx([0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    published = [0.35891648, 0.408666186, 0.511301270, 0.561370121]
    assert second[0] + second[1] == pytest.approx(published, abs=5e-9)
    assert (once["layers.0.bias"], once["layers.1.bias"]) == ([0.35, 0.35], [0.6, 0.6])


def test_training_is_the_executor_s(capsys: pytest.CaptureFixture[str]) -> None:
    path = EXAMPLES["seven-segment-digits"]
    found = trained(capsys, str(path), 5)
    executor = Executor(check_experiment(read_experiment(path)))
    traces = list(islice(executor.iterations(), 6))
    assert found["losses"] == [trace.values[refs.LOSS].item() for trace in traces[:5]]
    assert found["lr"] == [2.0] * 5
    expected = {ref: traces[5].values[ref].tolist() for ref in executor.program.parameters}
    assert found["parameters"] == expected
    assert list(found["parameters"]) == list(expected)


def test_rows_held_back_add_their_losses(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    experiment = replace(article(), data=replace(article().data, test_size=0.5))
    path = written("tested", data=experiment.data)
    found = trained(capsys, path, 3)
    assert list(found) == ["losses", "lr", "test_losses", "parameters", "final_loss", "final_test_loss"]
    executor = Executor(experiment)
    *traces, following = islice(executor.iterations(), 4)
    assert found["losses"] == [trace.values[refs.LOSS].item() for trace in traces]
    tests = [executor.evaluator.evaluate(trace.values, "test").loss.item() for trace in traces]
    assert found["test_losses"] == tests
    assert main(["train", path, "--iterations", "1"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line == f"iteration 0  loss {found['losses'][0]!r}  lr 0.01  test loss {tests[0]!r}"
    assert found["final_test_loss"] == executor.evaluator.evaluate(following.values, "test").loss.item()
    assert main(["train", path, "--iterations", "3"]) == 0
    last = f"with the final parameters  loss {found['final_loss']!r}  test loss {found['final_test_loss']!r}\n"
    assert last in capsys.readouterr().out


def test_the_loss_after_batches_says_that_it_is_of_all_rows(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written("batches", data=replace(article().data, batch_size=1))
    found = trained(capsys, path, 3)
    assert main(["train", path, "--iterations", "3"]) == 0
    last = f"with the final parameters, on all training rows  loss {found['final_loss']!r}\n"
    assert last in capsys.readouterr().out


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_final_loss_is_torch_s_of_the_final_parameters(
    capsys: pytest.CaptureFixture[str], written: Any, batch_size: int | None
) -> None:
    """On all training rows, whatever a batch has, and not on those held back."""
    inputs, targets = tuple((x / 7, 1 - x / 5) for x in range(8)), tuple((x / 3,) for x in range(8))
    path = written("held", data=DataSpec(inputs, targets, batch_size=batch_size, test_size=0.25))
    found = trained(capsys, path, 5)
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    names = {"layers.0": "0", "layers.1": "2"}
    weights = {
        f"{names[ref[:8]]}.{ref[9:]}": torch.tensor(given, dtype=torch.float64)
        for ref, given in found["parameters"].items()
    }
    network.load_state_dict(weights)
    criterion = torch.nn.MSELoss()
    with torch.no_grad():
        outputs = network(torch.tensor(inputs, dtype=torch.float64))
        expected = torch.tensor(targets, dtype=torch.float64)
    # The last quarter is held back.
    assert found["final_loss"] == pytest.approx(criterion(outputs[:6], expected[:6]).item(), rel=1e-12)
    assert found["final_test_loss"] == pytest.approx(criterion(outputs[6:], expected[6:]).item(), rel=1e-12)
    assert found["final_loss"] != found["losses"][-1]


def test_what_is_not_finite_is_a_string_in_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The best loss of a plateau is infinite before there is one; the test loss overflows where the loss does not."""
    path = tmp_path / "plateau.chainrule"
    scheduler = Choice("ReduceLROnPlateau", {"interval": "epoch"})
    data = replace(article().data, batch_size=1)
    path.write_bytes(encode_experiment(article(data=data, scheduler=scheduler)))
    assert main(["trace", str(path), "--format", "json"]) == 0
    lines = [strict(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"] for line in lines if line["ref"] == "scheduler.best.next"] == ["inf"]
    data = DataSpec(((1.0, 2.0), (1e200, 1e200)), ((1.0,), (1.0,)), test_size=0.5)
    path.write_bytes(encode_experiment(article(data=data)))
    found = trained(capsys, str(path), 2)
    assert found["test_losses"] == ["inf", "inf"]
    assert found["final_test_loss"] == "inf"


def test_a_test_that_takes_long_is_made_once_an_epoch(
    capsys: pytest.CaptureFixture[str], written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "CHEAP", 0)
    inputs, targets = ((1.0, 2.0),) * 4, ((1.0,),) * 4
    path = written("tested", data=DataSpec(inputs, targets, batch_size=1, test_size=0.5))
    assert [test is None for test in trained(capsys, path, 4)["test_losses"]] == [False, True, False, True]
    assert main(["train", path, "--iterations", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("  test loss -")


def test_what_was_saved_goes_on_where_it_stopped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = trained(capsys, ARTICLE, 7)
    saved = tmp_path / "trained.chainrule"
    assert trained(capsys, ARTICLE, 4, "--save", str(saved))["losses"] == whole["losses"][:4]
    assert trained(capsys, str(saved), 3) == {**whole, "losses": whole["losses"][4:], "lr": whole["lr"][4:]}
    before, after = read_experiment(OPENING_EXAMPLE), read_experiment(saved)
    assert replace(after, parameters=before.parameters) == before


def test_the_text_of_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", MAZUR, "--iterations", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "iteration 0  loss 0.2983711087600027  lr 0.5",
        "iteration 1  loss 0.29102777369359933  lr 0.5",
    ]
    assert lines[2].startswith("with the final parameters  loss 0.28354713")
    assert lines[3] == "layers.0.weight"
    assert "  0.35, 0.35" in lines


def test_large_parameters_are_left_to_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(EXAMPLES["seven-segment-digits"]), "--iterations", "1"]) == 0
    assert "layers.0.weight: 224 numbers; --format json prints them\n" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------------------- divergence


def test_a_trace_that_diverges_stops_before_it(diverging: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", diverging, "--iterations", "9", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    lines = [strict(line) for line in out.splitlines()]
    assert (lines[-1]["iteration"], lines[-1]["ref"]) == (1, "layers.0.activation")
    assert len(lines) == 17 + 2
    assert err == f"chainrule: {MESSAGE}"


def test_a_training_that_diverges_stops_before_it(
    diverging: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = tmp_path / "saved.chainrule"
    argv = ["train", diverging, "--iterations", "9", "--format", "json", "--save", str(saved)]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    found = strict(out)
    assert found["losses"] == [pytest.approx(4.9193)]
    assert len(found["lr"]) == 1
    assert err == f"chainrule: {MESSAGE}"
    assert not saved.exists()
    assert main(argv[:4]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("iteration 0  loss 4.919")
    assert err == f"chainrule: {MESSAGE}"


@pytest.mark.parametrize("command", ["trace", "train"])
def test_a_cycle_of_rates_that_is_over_says_so(command: str, written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """torch computes a rate more than there are steps, and refuses the next."""
    scheduler = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 4, "interval": "iteration"})
    path = written("cycle", scheduler=scheduler, optimizer=Choice("SGD", {"lr": 0.01, "momentum": 0.5}))
    assert main([command, path, "--iterations", "4"]) == 0
    assert capsys.readouterr().err == ""
    assert main([command, path, "--iterations", "40"]) == 2
    reason = "OneCycleLR has 4 steps; this would be the 6th rate, which torch refuses"
    assert capsys.readouterr().err == f"chainrule: iteration 4: {reason}; stopped before it\n"
