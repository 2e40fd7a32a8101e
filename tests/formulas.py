"""Experiments with a formula in the place of layers, for the tests of all parts."""

from __future__ import annotations

import json
from typing import Any

from chainrule.catalog.spec import Experiment
from chainrule.engine.check import check_experiment
from chainrule.model.decoding import decode_experiment


def formula_experiment(*lines: str, **members: Any) -> Experiment:
    """A checked experiment of lines `name = formula`; `members` are others of the file's."""
    raw = {"format": "chainrule-experiment", "version": 2, "network": {"formula": list(lines)}, **members}
    return check_experiment(decode_experiment(json.dumps(raw).encode()))
