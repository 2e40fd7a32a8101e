"""Schedulers: how the learning rate changes from iteration to iteration, or from epoch to epoch."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.engine.arguments import Argument
from chainrule.engine.tables import table


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A scheduler by the name of its class in `torch.optim.lr_scheduler`."""

    name: str
    arguments: tuple[Argument, ...]
    words: str


SCHEDULERS: dict[str, Scheduler] = table()
