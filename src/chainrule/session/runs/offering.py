"""What the word beside the loss plot would pin: the run on the screen, or the one that an edit has put aside."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.session.screen.screen import View
from chainrule.session.session import Session


@dataclass(frozen=True, slots=True)
class PinOffer:
    """Whether the run on the screen is pinned, or can be; where it cannot, `last` is what was put aside last."""

    is_pinned: bool
    can_pin: bool
    last: View | None

    @property
    def iterations(self) -> int:
        """How many iterations the run has that was put aside."""
        return 0 if self.last is None else self.last.horizon - self.last.document.first


def pin_offer(session: Session) -> PinOffer:
    """Return what can be pinned now."""
    runs = session.runs
    pinned, can_pin = runs.place_of_this is not None, not runs.refusal()
    aside = () if pinned or can_pin or not session.is_ready else runs.put_aside()
    return PinOffer(pinned, can_pin, aside[0] if aside else None)
