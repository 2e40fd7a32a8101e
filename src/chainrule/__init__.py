"""Chainrule: every number of backpropagation, explained, editable, one step at a time.

    import chainrule

    experiment = chainrule.load("my.chainrule")
    experiment.train(100).losses

`load`, `trace`, `train`, `verify` and `Experiment` bring torch with them, so that they are imported once they are asked
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.python.experiment import LiveExperiment as Experiment
    from chainrule.python.experiment import load_experiment as load
    from chainrule.python.experiment import trace_experiment as trace
    from chainrule.python.experiment import train_experiment as train
    from chainrule.python.experiment import verify_experiment as verify

__version__ = "0.1.0"
__all__ = ["Experiment", "__version__", "load", "trace", "train", "verify"]

_PUBLIC = {
    "Experiment": "LiveExperiment",
    "load": "load_experiment",
    "trace": "trace_experiment",
    "train": "train_experiment",
    "verify": "verify_experiment",
}


def __getattr__(name: str) -> Any:
    """Import what is public, once it is asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    from chainrule.python import experiment  # noqa: PLC0415 - torch comes with it

    return getattr(experiment, _PUBLIC[name])


def __dir__() -> list[str]:
    """Name what is public too, for completion."""
    return sorted({*globals(), *__all__})
