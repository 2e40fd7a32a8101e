"""What training makes smaller, in words: the loss, or the output of a formula by its name."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment


@dataclass(frozen=True, slots=True)
class Subject:
    """`short` is what stands at an axis or before a number, `noun` is one of its values, `title` begins a line."""

    short: str = "loss"
    noun: str = "loss"
    title: str = "Loss"

    @classmethod
    def of(cls, experiment: Experiment) -> Subject:
        """Return that of an experiment."""
        if not experiment.network.formula:
            return LOSS
        name = str(experiment.network.loss_ref)
        return cls(name, f"value of {name}", name)


# Of a network.
LOSS = Subject()
