"""Files: what is written is read back equal; all else is refused in one line that names the place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.model.files.storage import (
    decode_experiment,
    encode_experiment,
)
from tests.model.files.contract import CONTRACT, valid

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]))
simple = finite | st.booleans() | words | st.integers(-(2**53), 2**53) | st.none()
keys = words.filter(lambda key: key not in ("name", "scheme", "seed"))


def choices_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Choice]:
    return st.builds(Choice, words, st.dictionaries(keys, values, max_size=4))


# A scheduler's arguments may be schedulers themselves.
choices = choices_of(
    st.recursive(simple, lambda inner: st.lists(inner, max_size=3).map(tuple) | choices_of(inner), max_leaves=4)
)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    sizes = st.integers(1, 4)
    maybe = st.none() | choices
    lrs = st.none() | st.floats(0, 10)
    layers = draw(st.lists(st.builds(LayerSpec, sizes, choices, st.booleans(), maybe, lrs), min_size=1, max_size=4))
    network = NetworkSpec(draw(sizes), tuple(layers))
    dtype = draw(st.sampled_from(["float64", "float32"]))
    finite = st.floats(allow_nan=False, allow_infinity=False, width=64 if dtype == "float64" else 32)

    def rows(count: int, width: int) -> st.SearchStrategy[Any]:
        return st.tuples(*[st.tuples(*[finite] * width)] * count)

    count, shapes = draw(sizes), network.parameter_shapes()
    given_refs = draw(st.sets(st.sampled_from(list(shapes))))
    numbers = {ref: rows(*shapes[ref]) if len(shapes[ref]) == 2 else rows(1, *shapes[ref]) for ref in given_refs}
    parameters = {ref: draw(some) if len(shapes[ref]) == 2 else draw(some)[0] for ref, some in numbers.items()}
    data = DataSpec(
        draw(rows(count, network.inputs)),
        draw(rows(count, network.outputs)),
        draw(st.none() | st.integers(1, count)),
        draw(st.booleans()),
        draw(st.integers(0, 2**53)),
    )
    return Experiment(
        network,
        data,
        draw(choices),
        draw(choices),
        draw(maybe),
        draw(maybe),
        draw(words),
        InitializationSpec(draw(choices), draw(st.integers(0, 2**53))),
        parameters,
        frozenset(draw(st.sets(st.sampled_from(list(shapes))))),
        dtype,
        draw(words),
    )


# ------------------------------------------------------------------------------------------------ round trips


@given(experiments())
def test_an_experiment_comes_back_equal(experiment: Experiment) -> None:
    data = encode_experiment(experiment)
    again = decode_experiment(data)
    assert again == experiment
    assert encode_experiment(again) == data


@given(finite)
@example(-0.0)
@example(5e-324)
def test_a_number_comes_back_to_the_last_bit(number: float) -> None:
    network = NetworkSpec(1, (LayerSpec(1),))
    again = decode_experiment(encode_experiment(Experiment(network, DataSpec(((number,),), ((0.0,),)))))
    # repr tells -0.0 from 0.0, which are equal.
    assert repr(again.data.inputs[0][0]) == repr(number)


def test_the_contract_is_read() -> None:
    experiment = decode_experiment(CONTRACT.encode())
    assert experiment == Experiment(
        network=NetworkSpec(2, (LayerSpec(2, Choice("ReLU")), LayerSpec(1, Choice("Identity")))),
        data=DataSpec(((1.0, 2.0), (3.0, 4.0)), ((1.0,), (2.0,))),
        loss=Choice("MSELoss", {"reduction": "mean"}),
        optimizer=Choice("SGD", {"lr": 0.01, "momentum": 0.0}),
        title="SimpleNN 2-2-1",
        parameters={"layers.0.weight": ((0.1, 0.2), (0.3, 0.4))},
        frozen=frozenset({"layers.0.bias"}),
    )
    assert isinstance(experiment.data.inputs[0][0], float)


def test_what_may_be_left_out_has_a_default() -> None:
    raw = valid()
    for key in ("title", "initialization", "parameters", "frozen", "scheduler", "dtype", "device"):
        del raw[key]
    for key in ("batch_size", "shuffle", "seed"):
        del raw["data"][key]
    experiment = decode_experiment(json.dumps(raw).encode())
    assert experiment.initialization == InitializationSpec(Choice("torch_default"), 0)
    assert (experiment.title, experiment.parameters, experiment.frozen) == ("", {}, frozenset())
    assert (experiment.dtype, experiment.device) == ("float64", "cpu")
    assert experiment.data == DataSpec(experiment.data.inputs, experiment.data.targets, None, False, 0)


def test_a_file_is_pleasant_to_read() -> None:
    lines = encode_experiment(decode_experiment(CONTRACT.encode())).decode().splitlines()
    keys = [line.split('"')[1] for line in lines if line.startswith('  "')]
    assert keys == [key for key in valid() if key != "scheduler"]
    assert '      {"units": 2, "activation": {"name": "ReLU"}, "bias": true},' in lines
    assert "      [0.1, 0.2]," in lines
    assert "      [1, 2]," in lines
    assert '  "optimizer": {"name": "SGD", "lr": 0.01, "momentum": 0.0},' in lines


def test_a_byte_order_mark_is_no_error() -> None:
    assert decode_experiment(b"\xef\xbb\xbf" + CONTRACT.encode()) == decode_experiment(CONTRACT.encode())


def opens_or_is_refused(data: bytes) -> None:
    try:
        message = decode_experiment(data).dtype
    except SpecError as error:
        message = str(error)
    assert message.isprintable()


# ------------------------------------------------------------------------------------------------------- fuzz


def test_a_file_cut_at_any_byte_is_refused() -> None:
    data = CONTRACT.strip().replace("SimpleNN", "Ŝimple\U0001f600").encode()
    for length in range(len(data)):
        with pytest.raises(SpecError) as caught:
            decode_experiment(data[:length])
        assert str(caught.value).isprintable()


@given(st.lists(st.tuples(st.integers(0, len(CONTRACT) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_never_crash(flips: list[tuple[int, int]]) -> None:
    data = bytearray(CONTRACT.encode())
    for position, byte in flips:
        data[position] = byte
    opens_or_is_refused(bytes(data))


@given(st.binary(max_size=200))
def test_any_bytes_never_crash(data: bytes) -> None:
    opens_or_is_refused(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_any_value_in_any_place_never_crashes(data: st.DataObject) -> None:
    raw = place = valid()
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(json_values)
    opens_or_is_refused(json.dumps(raw).encode())
