"""Files of version 2: what they say that no file of version 1 can, and the lowest version that is written."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Number
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment

CHAIN: dict[str, Any] = {
    "format": "chainrule-experiment",
    "version": 1,
    "network": {"inputs": 2, "layers": [{"units": 1, "activation": {"name": "Identity"}}]},
    "data": {"inputs": [[1, 2]], "targets": [[1]]},
    "loss": {"name": "MSELoss"},
    "optimizer": {"name": "SGD", "lr": 0.1},
}
FORMULA = {"format": "chainrule-experiment", "version": 2, "network": {"formula": ["q = x + y", "f = q*z"]}}


def of_chain(**changes: Any) -> dict[str, Any]:
    """The chain in version 2, with other members; a dict is put into the one that is there."""
    found = copy.deepcopy(CHAIN) | {"version": 2}
    for key, value in changes.items():
        found[key] = {**found[key], **value} if isinstance(value, dict) and key in found else value
    return found


NEW = [
    of_chain(network={"layers": [{"units": 1, "activation": {"name": "Formula", "formula": "sin(z)"}}]}),
    of_chain(loss={"name": "Formula", "formula": "(o - t)^4"}),
    of_chain(loss={"name": "CrossEntropyLoss", "weight": [2], "ignore_index": 0}),
    of_chain(loss={"name": "BCEWithLogitsLoss", "pos_weight": [2]}),
    of_chain(optimizer={"name": "Adam", "lr": 0.1, "bias_correction": False}),
    of_chain(penalties=[{"name": "L2", "factor": 0.1, "half": True, "parameters": ["*.weight"]}]),
    of_chain(penalties=[{"name": "L1", "factor": 0.1}]),
    of_chain(parameter_groups=[{"parameters": ["*.bias"], "weight_decay": 0.0, "lr": 0.1}]),
    of_chain(state={"iteration": 12, "values": {"layers.0.weight.momentum_buffer": [[0.5, 0.5]], "lr": 0.5}}),
    of_chain(data={"accumulate": 4}),
    FORMULA,
    FORMULA | {"parameters": {"x": -2, "y": 5.5}, "optimizer": {"name": "Adam", "lr": 0.1}},
]


def decoded(raw: dict[str, Any]) -> Any:
    return decode_experiment(json.dumps(raw).encode())


@pytest.mark.parametrize("raw", NEW)
def test_it_comes_back_as_it_was(raw: dict[str, Any]) -> None:
    experiment = decoded(raw)
    written = encode_experiment(experiment)
    assert json.loads(written)["version"] == 2
    assert decode_experiment(written) == experiment


@pytest.mark.parametrize("raw", NEW)
def test_version_1_does_not_have_it(raw: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"\$\.version: expected 2, got 1; .* came with version 2"):
        decoded(raw | {"version": 1})


def test_what_says_nothing_new_is_of_version_1() -> None:
    silent = [
        of_chain(optimizer={"name": "Adam", "lr": 0.1, "bias_correction": True}),
        of_chain(loss={"name": "CrossEntropyLoss", "weight": None, "ignore_index": -100}),
        of_chain(data={"accumulate": 1}, penalties=[], parameter_groups=[], state=None),
        of_chain(),
    ]
    for raw in silent:
        written = json.loads(encode_experiment(decoded(raw)))
        assert written["version"] == 1
        assert not {"penalties", "parameter_groups", "state", "accumulate"} & (written.keys() | written["data"].keys())
        assert not {"bias_correction", "weight", "ignore_index"} & (
            written["optimizer"].keys() | written["loss"].keys()
        )


def test_an_argument_and_an_entry_say_themselves_since_when_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is added tells its version where it is declared, and no other place has to know of it."""
    slope = Number("slope", 1.0, "slope", since=2)
    added = replace(ACTIVATIONS["Identity"], name="Line", formula="slope*z", arguments=(slope,))
    monkeypatch.setitem(ACTIVATIONS, added.name, added)

    def line(version: int, **arguments: float) -> dict[str, Any]:
        activation = {"name": added.name, **arguments}
        return of_chain(network={"layers": [{"units": 1, "activation": activation}]}) | {"version": version}

    plain, steep = decoded(line(1)), line(2, slope=3.0)
    assert json.loads(encode_experiment(checked_experiment(plain)))["version"] == 1
    assert json.loads(encode_experiment(checked_experiment(decoded(steep))))["version"] == 2
    with pytest.raises(SpecError, match=r'expected 2, got 1; "slope" of Line came with version 2'):
        decoded(line(1, slope=3.0))
    monkeypatch.setitem(ACTIVATIONS, added.name, replace(added, since=2))
    with pytest.raises(SpecError, match="expected 2, got 1; Line came with version 2"):
        decoded(line(1))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"formula": []}, "$.network.formula: expected at least 1 line, such as f = (x + y)*z, got none"),
        ({"formula": ["f = f + 1"]}, "$.network.formula[0]: f needs itself"),
        ({"formula": ["q = x", "f = q +"]}, "$.network.formula[1]: character 8: the formula ends where"),
        ({"formula": ["f = x"], "inputs": 2}, "$.network.inputs: unknown key; allowed here: formula"),
        ({"formula": "f = x"}, "$.network.formula: expected a list, got text"),
    ],
)
def test_a_wrong_formula_is_refused_where_it_is_wrong(network: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as refused:
        decoded(FORMULA | {"network": network})
    assert str(refused.value).startswith(message)


def test_a_formula_has_no_data() -> None:
    with pytest.raises(SpecError, match="a formula has no data"):
        decoded(FORMULA | {"data": {"inputs": [[1]], "targets": [[1]]}})


def test_a_formula_of_too_many_operators_is_refused() -> None:
    product = "*".join(["sin(z)"] * 60)
    activation = {"name": "Formula", "formula": product}
    with pytest.raises(SpecError, match="at most 40 operators here, this one 119"):
        check_experiment(decoded(of_chain(network={"layers": [{"units": 1, "activation": activation}]})))
