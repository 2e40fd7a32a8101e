"""Experiments with large data as files: read to the bit as they were, and what is wrong is refused before harm."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.arrays import archive as archive_module
from chainrule.model.arrays import array_file
from chainrule.model.arrays.archive import read_archive
from chainrule.model.editing import edits
from chainrule.model.files import file_format
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.file_size import FileSizes
from chainrule.model.files.storage import read_experiment, read_stamped, write_experiment, writing

COLUMNS = 3


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few numbers as if they were many."""
    monkeypatch.setattr(file_format, "MOST_IN_JSON", 10)
    monkeypatch.setattr(array_file, "PIECE_BYTES", 64)


def experiment_of(inputs: Rows, targets: Rows | None = None) -> Experiment:
    network = NetworkSpec(COLUMNS, (LayerSpec(1),))
    return Experiment(network, DataSpec(inputs, targets or Rows.of(((0.5,),) * len(inputs)), batch_size=2))


def large(kind: str = "f") -> Experiment:
    return experiment_of(Rows.of_memory(memoryview(array(kind, range(60))), COLUMNS))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.data(), st.sampled_from("fd"))
def test_what_is_written_is_read_to_the_bit(data: st.DataObject, kind: str) -> None:
    numbers = st.floats(width=32 if kind == "f" else 64, allow_nan=False, allow_infinity=False)
    count = data.draw(st.integers(4, 50))
    flat = data.draw(st.lists(numbers, min_size=count * COLUMNS, max_size=count * COLUMNS))
    experiment = experiment_of(Rows.of_memory(memoryview(array(kind, flat)), COLUMNS))
    file = encode_experiment(experiment)
    again = read_archive(io.BytesIO(file)).experiment
    assert again == experiment
    assert [struct.pack("3d", *row) for row in again.data.inputs] == [
        struct.pack("3d", *row) for row in experiment.data.inputs
    ]
    assert {block.memory.format for block in again.data.inputs.blocks} == {kind}
    assert encode_experiment(again) == file


def test_the_arrays_are_what_their_library_reads() -> None:
    with ZipFile(io.BytesIO(encode_experiment(large()))) as file:
        assert file.namelist() == ["experiment.json", "data.safetensors"]
        arrays = load(file.read("data.safetensors"))
        assert json.loads(file.read("experiment.json"))["version"] == 3
    assert (arrays["inputs"].dtype, arrays["targets"].dtype) == ("float32", "float64")
    assert arrays["inputs"].tolist() == [list(row) for row in large().data.inputs]


def test_arrays_that_their_library_wrote_are_read() -> None:
    with ZipFile(io.BytesIO(encode_experiment(large()))) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["data.safetensors"] = save(load(parts["data.safetensors"]), {"made by": "another"})
    assert read_archive(zipped(parts, ZIP_DEFLATED)).experiment == large()


def test_a_number_that_float32_does_not_hold_is_kept_all_the_same() -> None:
    experiment = edits.set_data(refs.INPUT, (3, 1), 0.1)(large())
    assert read_archive(io.BytesIO(encode_experiment(experiment))).experiment.data.inputs[3] == (9.0, 0.1, 11.0)


def test_a_file_is_opened_written_over_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "large.chainrule"
    write_experiment(large(), path)
    contents, stamp = read_stamped(path)
    experiment = contents.experiment
    assert (experiment, read_experiment(path)) == (large(), large())
    edited = edits.set_data(refs.INPUT, (3, 1), 0.25)(experiment)
    for _ in writing(edited, path, stamp):
        # Until all is there it is the old one.
        assert read_experiment(path) in (large(), edited)
    assert read_experiment(path) == edited
    assert [entry.name for entry in tmp_path.iterdir()] == ["large.chainrule"]


def test_few_numbers_stay_json_that_can_be_read() -> None:
    few = experiment_of(Rows.of(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))))
    assert json.loads(encode_experiment(few))["data"]["inputs"] == [[1, 2, 3], [4, 5, 6]]


def test_more_numbers_than_a_file_of_arrays_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    FileSizes().check(large())
    monkeypatch.setattr("chainrule.model.files.file_size.MOST_STORED", 50)
    with pytest.raises(SpecError, match="this would make 80 numbers, and a file of at most 50 numbers can be saved"):
        FileSizes().check(large())


# What is wrong


def parts_of(experiment: Experiment | None = None) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(encode_experiment(experiment or large()))) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts: dict[str, bytes], how: int = ZIP_STORED) -> io.BytesIO:
    made = io.BytesIO()
    with ZipFile(made, "w", how) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    made.seek(0)
    return made


def header(**arrays: object) -> bytes:
    text = json.dumps(arrays).encode()
    return struct.pack("<Q", len(text)) + text


def stored(rows: object, columns: object, end: int, dtype: object = "F32", begin: object = 0) -> dict[str, object]:
    return {"dtype": dtype, "shape": [rows, columns], "data_offsets": [begin, end]}


def with_json(change: Callable[[dict[str, dict[str, object]]], object]) -> dict[str, bytes]:
    parts = parts_of()
    document = json.loads(parts["experiment.json"])
    change(document)
    return parts | {"experiment.json": json.dumps(document).encode()}


BILLION = 10**9
ZEROS = bytes(4_000_000)
WRONG: list[tuple[dict[str, bytes], str]] = [
    (parts_of_json := {"experiment.json": b"{}"}, 'missing key "format"'),
    ({"data.safetensors": b""}, "there is no experiment.json in it; is this an experiment of Chainrule?"),
    (
        parts_of_json | {"../x.safetensors": b""},
        "and .safetensors files, got ../x.safetensors",
    ),
    (parts_of_json | {"/etc/x.safetensors": b""}, "got /etc/x.safetensors"),
    (parts_of_json | {"a\\b.safetensors": b""}, "expected experiment.json and .safetensors files"),
    (parts_of_json | {"run.py": b""}, "expected experiment.json and .safetensors files, got run.py"),
    (
        parts_of_json | {f"{place}.safetensors": b"" for place in range(16)},
        "expected a ZIP of at most 16 files, got 17",
    ),
]


@pytest.mark.parametrize(("parts", "message"), WRONG)
def test_files_that_do_not_belong_there_are_refused(parts: dict[str, bytes], message: str) -> None:
    assert message in refusal(zipped(parts))


ARRAYS: list[tuple[bytes, str]] = [
    (b"", "it ends before its header"),
    (struct.pack("<Q", 2**63), "expected a header of at most"),
    (struct.pack("<Q", 70_000) + bytes(80_000), "expected a header of at most 65536 bytes, got 70000"),
    (struct.pack("<Q", 2) + b"[]", "its header: expected an object, got a list"),
    (struct.pack("<Q", 2) + b"\xff\xff", "its header is no UTF-8 text"),
    (struct.pack("<Q", 17) + b'{"a": 1, "a": 2} ', "its header: this key is given twice"),
    (header(inputs=1), "array inputs: expected dtype, shape and data_offsets"),
    (header(inputs=stored(BILLION, COLUMNS, 12 * BILLION)), "expected at most 300000 rows and 100000000 numbers"),
    (header(inputs=stored(2, BILLION, 8 * BILLION)), "expected at most 300000 rows and 100000000 numbers"),
    (header(inputs=stored(-1, 3, 0)), "expected rows and columns as its shape"),
    (header(inputs=stored(True, 3, 12)), "expected rows and columns as its shape"),
    (header(inputs=stored(20, 3, 240, "I64")), "expected numbers as F32 or F64, got I64"),
    (header(inputs=stored(20, 3, 240, ["F32"])), "expected numbers as F32 or F64"),
    (header(inputs=stored(20, 3, 241)) + bytes(241), "20 x 3 numbers do not take 241 bytes"),
    (header(inputs=stored(20, 3, 240)) + bytes(239), "expected 240 bytes of numbers, got 239"),
    (header(inputs=stored(20, 3, 248, begin=8)) + bytes(248), "expected it to begin at byte 0, got 8"),
    (header(a=stored(1, 1, 4), b=stored(1, 1, 4)) + bytes(4), "array b: expected it to begin at byte 4, got 0"),
    (header(inputs=stored(20, 4, 320)) + bytes(320), "$.data.inputs[0]: expected 3 numbers, got 4"),
    (header(x=stored(20, 3, 240)) + bytes(240), "$.data.inputs.array: there is no array inputs in data.safetensors"),
]


@pytest.mark.parametrize(("data", "message"), ARRAYS)
def test_arrays_that_are_wrong_are_refused_before_they_are_read(data: bytes, message: str) -> None:
    file = zipped(parts_of() | {"data.safetensors": data})
    tracemalloc.start()
    try:
        assert message in refusal(file)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


JSON: list[tuple[Callable[[dict[str, dict[str, object]]], object], str]] = [
    (
        lambda d: d["data"].update(inputs={"file": "x.safetensors", "array": "inputs"}),
        "there is no x.safetensors in the",
    ),
    (
        lambda d: d["data"].update(inputs={"file": "experiment.json", "array": "inputs"}),
        "there is no experiment.json in",
    ),
    (lambda d: d["data"].update(inputs={"file": "data.safetensors"}), '$.data.inputs: missing key "array"'),
    (lambda d: d["data"].update(inputs={"file": "a", "array": "b", "c": 1}), "$.data.inputs.c: unknown key"),
    (lambda d: d["data"].update(inputs={"file": 1, "array": "b"}), "$.data.inputs.file: expected text, got an integer"),
    (
        lambda d: d["data"].update(inputs=[[1, 2, 3]]),
        "$.data.targets: expected 1 row, one for each",
    ),
    (
        lambda d: d["data"].update(inputs=[[1, 2, 3]], targets=[[1]], batch_size=1),
        "data.safetensors is in the file, but the",
    ),
    (lambda d: d.update(version=2), "$.version: expected 3, got 2; files of arrays came with version 3"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("change", "message"), JSON)
def test_what_an_experiment_names_must_be_there(
    change: Callable[[dict[str, dict[str, object]]], object], message: str
) -> None:
    assert message in refusal(zipped(with_json(change)))


@pytest.mark.parametrize(("number", "said"), [(float("nan"), "nan"), (float("inf"), "inf"), (float("-inf"), "-inf")])
def test_a_number_that_is_none_is_named_by_row_and_column(number: float, said: str) -> None:
    numbers = array("f", range(60))
    numbers[3 * 14 + 1] = number
    parts = parts_of()
    size = len(parts["data.safetensors"]) - 240 - 160
    data = parts["data.safetensors"]
    parts["data.safetensors"] = data[:size] + numbers.tobytes() + data[size + 240 :]
    assert refusal(zipped(parts)) == f"$.data.inputs[14][1]: expected a finite number, got {said}"


def test_what_is_compressed_too_well_is_not_unpacked() -> None:
    file = zipped(parts_of() | {"data.safetensors": ZEROS}, ZIP_DEFLATED)
    assert refusal(file) == "$: data.safetensors is compressed to less than a 200th, as no data are"


def test_a_name_that_is_there_twice_is_refused() -> None:
    made = zipped(parts_of())
    with pytest.warns(UserWarning, match="Duplicate name"), ZipFile(made, "a") as file:
        file.writestr("data.safetensors", b"")
    assert refusal(made) == "$: data.safetensors is in the file twice"


def test_a_directory_that_is_too_large_is_not_read() -> None:
    made = io.BytesIO()
    with ZipFile(made, "w") as file:
        for place in range(2000):
            file.writestr(f"{place}.safetensors", b"")
    assert "expected a ZIP of at most 16 files, got 2000" in refusal(made)
    data = bytearray(zipped(parts_of()).getvalue())
    data[-10:-6] = struct.pack("<L", 2**31)
    assert "expected a directory of at most 65536 bytes" in refusal(io.BytesIO(bytes(data)))


def refusal(file: io.BytesIO) -> str:
    """What is said of a file that is refused."""
    with pytest.raises(SpecError) as error:
        read_archive(file)
    assert "\n" not in str(error.value)
    return str(error.value)


VALID = b""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=4), st.integers(0, 10**6))
def test_whatever_becomes_of_a_file_it_is_read_or_refused_in_a_line(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(encode_experiment(large()))
    for place, value in changes:
        data[place % len(data)] = value
    if cut % 5 == 0:
        del data[cut % len(data) :]
    if data[:4] != file_format.ARCHIVE_START:
        return
    with suppress(SpecError):
        read_archive(io.BytesIO(bytes(data)))


def test_the_bounds_hold_for_other_limits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MOST_ARCHIVE", 100)
    assert "expected data.safetensors of at most 0.1 MiB" in refusal(zipped(parts_of()))


def test_targets_of_one_axis_are_classes() -> None:
    parts = with_json(lambda d: d.update(loss={"name": "CrossEntropyLoss"}))  # type: ignore[arg-type]
    network = json.loads(parts["experiment.json"])
    network["network"]["layers"][0]["units"] = 2
    numbers = array("d", [0.0, 1.0] * 10)
    head = header(inputs=stored(20, 3, 240), targets={"dtype": "F64", "shape": [20], "data_offsets": [240, 400]})
    inputs = array("f", range(60)).tobytes()
    parts |= {
        "experiment.json": json.dumps(network).encode(),
        "data.safetensors": head + inputs + numbers.tobytes(),
    }
    found = read_archive(zipped(parts)).experiment.data.targets
    assert found == tuple((number,) for number in numbers)
    assert replace(large().data, targets=found).targets is found
