"""What is too large for a file is known before it is taken, and nearly to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files import file_format, file_size, storage
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.file_format import MOST_ROWS
from chainrule.model.files.file_size import FileSizes
from chainrule.model.files.storage import read_stamped, write_experiment

COUNT, WIDTH = 60, 8


def drawn(seed: int, count: int = COUNT) -> Rows:
    draw = Random(seed)
    return tuple(tuple(draw.choice((0.0, 1.0, draw.random(), -1e300)) for _ in range(WIDTH)) for _ in range(count))


def experiment_of(inputs: Rows) -> Experiment:
    network = NetworkSpec(WIDTH, (LayerSpec(2), LayerSpec(1)))
    parameters = {refs.weight(0): drawn(1, 2), refs.bias(0): (0.5, 1 / 3)}
    return Experiment(network, DataSpec(inputs, ((0.25,),) * len(inputs)), title="é" * 20, parameters=parameters)


def limit(patch: pytest.MonkeyPatch, size: int) -> None:
    for module in (file_format, file_size, storage):
        patch.setattr(module, "MAX_BYTES", size)


def test_each_edit_is_measured_nearly_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all of it were measured anew: one keeper goes through rows that come, go, move and are there twice."""
    rows, sizes = drawn(2), FileSizes()
    steps = [rows, rows[1:], (rows[0], *rows), rows * 2, rows[:1] * 40, (*rows[:7], drawn(3, 1)[0], *rows[8:]), rows]
    for inputs in steps:
        experiment = experiment_of(inputs)
        size = len(encode_experiment(experiment))
        limit(monkeypatch, size - 1)
        with pytest.raises(SpecError, match=r"file size: this would make a file of .* MiB, and a file of at most"):
            sizes.check(experiment)
        limit(monkeypatch, size + 100)
        sizes.check(experiment)
        monkeypatch.undo()


def test_far_from_the_limit_no_number_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_size, "length_of", pytest.fail)
    FileSizes().check(experiment_of(drawn(2)))


def test_near_the_limit_only_rows_that_changed_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment, sizes = experiment_of(drawn(2)), FileSizes()
    limit(monkeypatch, len(encode_experiment(experiment)) + 500)
    sizes.check(experiment)
    looked: list[object] = []
    measure = file_size.length_of
    monkeypatch.setattr(file_size, "length_of", lambda row: (looked.append(row), measure(row))[1])
    sizes.check(edits.set_data(refs.INPUT, (3, 0), 0.5)(experiment))
    assert len(looked) == 2


def test_parameters_that_no_file_can_hold_are_not_written_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = replace(experiment_of(drawn(2)), parameters={})
    limit(monkeypatch, 3 * 2 * WIDTH - 1)

    def never(_: Experiment) -> dict[refs.ValueRef, object]:
        pytest.fail("drawn")

    with pytest.raises(SpecError, match="this would make 16 numbers"):
        edits.set_parameter(refs.weight(0), (0, 0), 0.5, never)(experiment)  # type: ignore[arg-type]


@pytest.mark.parametrize("title", ["", "a, b, [c]", '"' * 9, "{:}" * 9])
@pytest.mark.parametrize("mark", [",", "[", '"', "{", ":"])
def test_what_is_taken_has_no_more_of_anything_than_a_file_may_have(
    mark: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is taken is read; a tenth less than it has is too little, and a tenth more enough."""
    experiment = replace(experiment_of(drawn(2)), title=title)
    data = encode_experiment(experiment)
    outcomes = []
    for percent in (90, 100, 110):
        most = data.decode().count(mark) * percent // 100
        monkeypatch.setitem(file_format._MARKS, mark, (most, "of these"))
        refusal = refusal_of(experiment)
        assert refusal.startswith(f"file size: expected at most {most} of these, got") or not refusal
        if not refusal:
            assert decode_experiment(data) == experiment
        outcomes.append(not refusal)
    assert (outcomes[0], outcomes[-1]) == (False, True)


def refusal_of(experiment: Experiment) -> str:
    """Why an experiment is not taken; empty where it is."""
    try:
        FileSizes().check(experiment)
    except SpecError as error:
        return str(error)
    return ""


def test_what_would_take_too_much_memory_to_read_is_refused_however_short_it_is() -> None:
    many_rows = experiment_of(((0.5,),) * (MOST_ROWS + 1))
    what = "300001 rows, and a file of at most 300000 rows"
    assert refusal_of(many_rows) == f"file size: this would make {what} can be saved"
    many_numbers = replace(experiment_of(drawn(2)), parameters={refs.weight(0): ((0.5,) * 2000,) * 2000})
    what = "4000540 numbers, and a file of at most 4000000 numbers"
    assert refusal_of(many_numbers) == f"file size: this would make {what} can be saved"


def test_fifty_thousand_rows_of_65_numbers_are_saved_and_opened_again(tmp_path: Path) -> None:
    draw, path = Random(4), tmp_path / "large.chainrule"
    rows = tuple(tuple(round(draw.uniform(-1, 1), 4) for _ in range(65)) for _ in range(100)) * 500
    network = NetworkSpec(64, (LayerSpec(1),))
    experiment = Experiment(network, DataSpec(tuple(row[:64] for row in rows), tuple(row[64:] for row in rows)))
    FileSizes().check(experiment)
    write_experiment(experiment, path)
    assert path.stat().st_size > 24 * 2**20
    assert read_stamped(path)[0].experiment == experiment


def test_a_file_that_could_not_be_written_again_is_not_opened_to_be_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "narrow.chainrule"
    write_experiment(experiment_of(drawn(2)), path)
    path.write_bytes(path.read_bytes().replace(b", ", b",").replace(b"      ", b""))
    size = path.stat().st_size
    limit(monkeypatch, size)
    with pytest.raises(SpecError, match="file size: this would make a file of"):
        read_stamped(path)
