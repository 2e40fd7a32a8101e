"""Experiments with a formula in the place of layers, for the tests of all parts."""

from __future__ import annotations

import json
from typing import Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files.decoding import decode_experiment

# What an optimizer by formula needs.
BY_FORMULA = {"state": {"v": 0.0}, "updates": ["v.next = 0.9*v + grad", "next = param - lr*v.next"]}


def optimizer_named(name: str, **wanted: Any) -> dict[str, Any]:
    """An optimizer as a file has it, with those of some arguments that it has."""
    known = {argument.name for argument in OPTIMIZERS[name].arguments}
    given = {key: value for key, value in wanted.items() if key in known}
    return {"name": name, "lr": 0.01, **given} | (BY_FORMULA if name == "Formula" else {})


def formula_experiment(*lines: str, **members: Any) -> Experiment:
    """A checked experiment of lines `name = formula`; `members` are others of the file's."""
    raw = {"format": "chainrule-experiment", "version": 2, "network": {"formula": list(lines)}, **members}
    return check_experiment(decode_experiment(json.dumps(raw).encode()))
