"""The contract's example of a file, whole and spoiled."""

from __future__ import annotations

import json
from typing import Any

CONTRACT = """
{"format": "chainrule-experiment", "version": 1, "title": "SimpleNN 2-2-1",
 "network": {"inputs": 2, "layers": [{"units": 2, "activation": {"name": "ReLU"}, "bias": true},
                                     {"units": 1, "activation": {"name": "Identity"}, "bias": true}]},
 "initialization": {"scheme": "torch_default", "seed": 0},
 "parameters": {"layers.0.weight": [[0.1, 0.2], [0.3, 0.4]]},
 "frozen": ["layers.0.bias"],
 "data": {"inputs": [[1, 2], [3, 4]], "targets": [[1], [2]], "batch_size": null, "shuffle": false, "seed": 0},
 "loss": {"name": "MSELoss", "reduction": "mean"},
 "optimizer": {"name": "SGD", "lr": 0.01, "momentum": 0.0},
 "scheduler": null,
 "dtype": "float64", "device": "cpu"}
"""


def valid() -> Any:
    """The contract's file as objects, to be spoiled."""
    return json.loads(CONTRACT)
