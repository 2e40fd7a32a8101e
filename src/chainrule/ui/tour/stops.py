"""The stops of the tour: what each shows, what is to be tried there, and when that has been done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Moment, Selection

FEW_STEPS = 3


@dataclass(frozen=True, slots=True)
class StopBegin:
    """Where one was when a stop began, and how far one has been since."""

    cursor: Cursor
    selection: Selection | None
    furthest: Cursor

    @classmethod
    def of(cls, moment: Moment) -> StopBegin:
        """Return what is on the screen."""
        return cls(moment.cursor, moment.selection, moment.cursor)

    def followed(self, now: Moment) -> StopBegin:
        """Return the same after another moment."""
        return replace(self, furthest=now.cursor) if _way(self.furthest, now.cursor) > 0 else self


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: the parts of the window that it is about, by their object names, and the pane that they lie in.

    `task` is what one may try; `is_done` says of the beginning and of now whether it has been done.
    """

    parts: tuple[str, ...]
    title: str
    text: str
    task: str = ""
    is_done: Callable[[StopBegin, Moment], bool] | None = None
    pane: str = ""
    # Whether Space is for what one may try, and not for the button of the card.
    tries_space: bool = False


def _way(begin: Cursor, now: Cursor) -> int:
    """Return how many micro-steps one has gone forward within an iteration; many where that is another one."""
    if now.iteration != begin.iteration:
        return FEW_STEPS if now.iteration > begin.iteration else -FEW_STEPS
    return now.position - begin.position


def _has_stepped(begin: StopBegin, now: Moment) -> bool:
    return _way(begin.cursor, now.cursor) >= FEW_STEPS


def _has_gone_back(begin: StopBegin, now: Moment) -> bool:
    return _way(begin.furthest, now.cursor) < 0


def _has_selected(begin: StopBegin, now: Moment) -> bool:
    return now.selection is not None and now.selection != begin.selection


def _has_trained(begin: StopBegin, now: Moment) -> bool:
    return now.cursor.iteration > begin.cursor.iteration


STOPS = (
    Stop(
        ("stage",),
        "A network that computes before your eyes",
        "Each line is a weight, each box behind it a neuron. Numbers come to be one after the other: yellow is what "
        "was read, coloured what was written.",
        "Press → three times.",
        _has_stepped,
    ),
    Stop(
        ("stage", "equation_view"),
        "How each number came to be",
        "First with symbols, then with the numbers put in, then the result. All of it can be worked out again by hand.",
        "Click any number on the stage, and read its own equation here.",
        _has_selected,
        "equation",
    ),
    Stop(
        ("stage", "timeline_bar"),
        "Forward, loss, backward, update",
        "One training iteration in four phases. The steps go both ways: a step back takes a number back.",
        # Forward first: at the very beginning there is nothing to take back.
        "Press ↓ to leap to the end of the phase, then ← to go back.",
        _has_gone_back,
        "timeline",
    ),
    Stop(
        ("stage", "loss_plot"),
        "What training does to the loss",
        "The loss says how far the answers are from the targets. After each update it is another one.",
        "Press Enter for an iteration, or Space to let it run and Space again to stop it.",
        _has_trained,
        "plots",
        tries_space=True,
    ),
    Stop(
        ("experiment_panel",),
        "Everything can be changed",
        "Data, layers, activations, loss, optimizer: here. A number on the stage: by a double click. All that follows "
        "is computed anew, and Ctrl+Z takes back every change and every run.",
        pane="experiment",
    ),
    Stop(
        ("stage",),
        "Whatever you look for",
        "Ctrl+K finds every command, example, lesson and word. F1 tells how things work, and the menu Experiments has "
        "networks to begin with. Home goes back to the start of this one.",
    ),
)
