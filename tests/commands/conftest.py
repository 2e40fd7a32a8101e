"""Experiments in files, for the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.model.files.storage import encode_experiment
from tests.experiments import article


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes an experiment and gives its path as an argument."""

    def write(name: str, **changes: Any) -> str:
        path = tmp_path / f"{name}.chainrule"
        path.write_bytes(encode_experiment(article(**changes)))
        return str(path)

    return write


@pytest.fixture
def diverging(written: Any) -> str:
    """Iteration 1 still has finite z of the first layer, then overflows."""
    path: str = written("diverging", optimizer=Choice("SGD", {"lr": 1e200, "momentum": 0.0}))
    return path
