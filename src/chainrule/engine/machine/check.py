"""The check that this machine can compute an experiment: that it is right, its device, and the memory that it takes."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine.budget import check_budget
from chainrule.engine.machine.devices import check_device


def check_experiment(
    experiment: Experiment, known: Experiment | None = None, free: Callable[[], int | None] | None = None
) -> Experiment:
    """Return the experiment with every argument filled in, or raise `SpecError` that names the place.

    `known` is an experiment that this has returned before. `free` tells how many bytes of memory the machine has left:
    what needs more is refused, where it is given.
    """
    checked = checked_experiment(experiment, known)
    check_machine(checked, known, free)
    return checked


def check_machine(
    checked: Experiment, known: Experiment | None = None, free: Callable[[], int | None] | None = None
) -> None:
    """Refuse a checked experiment whose device is not here, or for which there is no memory beside the known one."""
    check_device(checked)
    if free is not None:
        check_budget(checked, free, known)
