"""Train so many iterations, and go to an iteration: each asks for one number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from chainrule.session.ending import last_trainable_iteration
from chainrule.session.files.settings import MOST_ITERATIONS, SettingsStore
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext
from chainrule.ui.asking.counts import parse_count
from chainrule.ui.asking.popover import Popover
from chainrule.ui.style.appearance import Appearance

SOME = 100


def _over(last: int) -> str:
    """Say why there is nothing to train."""
    return f"Iteration {last:,} is the last one: OneCycleLR ends there. With more total_steps training goes on."


class TrainPopover(Popover):
    """How many iterations to train; the number is remembered for the next time."""

    def __init__(
        self, session: Session, trainer: Trainer, settings: SettingsStore, appearance: Appearance, window: QWidget
    ) -> None:
        self._session, self._trainer, self._settings = session, trainer, settings
        super().__init__(appearance, "train_popover", partial(parse_count, least=1, most=MOST_ITERATIONS), window)
        self.setAccessibleName(gettext("Train a number of iterations"))
        self.before.setText(gettext("Train"))
        self.after.setText(gettext("iterations"))
        self.field.setAccessibleName(gettext("How many iterations to train"))
        self.accepted.connect(self._train)

    def ask_beside(self, anchor: Callable[[], QRect]) -> None:
        """Open with the number of the last time."""
        self.ask(self._settings.settings.iterations or SOME, anchor)

    def foresee(self, number: int) -> tuple[str, str]:
        """Return which iterations these are."""
        first = self._session.cursor.iteration + self._session.state.at_end
        last, end = first + number - 1, last_trainable_iteration(self._session.document, first)
        if end is not None and end < first:
            raise ValueError(_over(end))
        if end is not None and end < last:
            which = f"Iteration {end:,}" if end == first else f"Iterations {first:,} to {end:,}"
            return "Train", f"{which} and no more: OneCycleLR ends there. Space pauses; Ctrl+Z takes all of it back."
        which = f"Iteration {first:,}" if number == 1 else f"Iterations {first:,} to {last:,}"
        return "Train", f"{which}, as fast as it goes. Space pauses; Ctrl+Z takes all of it back."

    def _train(self, number: int) -> None:
        self._settings.change(iterations=number)
        self._trainer.train(number)


class GoToPopover(Popover):
    """To which iteration to go; one that is not computed yet is trained on to, if that is what somebody wants."""

    def __init__(self, session: Session, trainer: Trainer, appearance: Appearance, window: QWidget) -> None:
        self._session, self._trainer = session, trainer
        super().__init__(appearance, "go_to_popover", partial(parse_count, least=0, most=MOST_ITERATIONS), window)
        self.setAccessibleName(gettext("Go to an iteration"))
        self.before.setText(gettext("Go to iteration"))
        self.field.setAccessibleName(gettext("The iteration to go to"))
        self.accepted.connect(self._go)

    def ask_beside(self, anchor: Callable[[], QRect]) -> None:
        """Open with the iteration on the screen."""
        self.ask(self._session.cursor.iteration, anchor)

    def foresee(self, number: int) -> tuple[str, str]:
        """Return whether it is computed, and what there is to do where it is not."""
        computed, first = self._session.horizon, self._session.document.first
        if number < first:
            raise ValueError(f"Training begins with iteration {first:,}.")
        end = last_trainable_iteration(self._session.document, number)
        if end is not None and number > end and number >= computed:
            raise ValueError(_over(end))
        if number < computed:
            one = computed == first + 1
            which = f"Iteration {first:,} is" if one else f"Iterations {first:,} to {computed - 1:,} are"
            return "Go", f"{which} computed."
        missing = number + 1 - computed
        which = f"Iteration {number:,} is not computed yet"
        if missing == 1:
            return "Compute it", f"{which}: it comes next."
        return "Train on to it", f"{which}: {missing:,} iterations are to be trained for that. Space pauses."

    def _go(self, number: int) -> None:
        if number < self._session.horizon:
            self._session.navigator.go_to(self._session.moment.course.end_of(number))
        else:
            self._trainer.train_to(number)
