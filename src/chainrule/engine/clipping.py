"""Gradient clipping: what bounds all gradients before the optimizer reads them."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.engine.arguments import Argument
from chainrule.engine.tables import table


@dataclass(frozen=True, slots=True)
class Clipping:
    """A way to clip, by the name of torch's function in `torch.nn.utils`."""

    name: str
    arguments: tuple[Argument, ...]
    words: str


CLIPPINGS: dict[str, Clipping] = table()
