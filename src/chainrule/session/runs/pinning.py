"""Pinning runs: what was trained stays beside the document, to be compared with what is trained next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chainrule.model.document import MOST_PINNED, PinnedRun
from chainrule.session.editing.revisions import Revisions
from chainrule.session.runs.compared import NEAR, computed_parts, is_continued
from chainrule.session.screen.course import Course
from chainrule.session.screen.screen import View
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

# A curve has two points at least.
LEAST = 2
PINNED = "The run is pinned: its curve stays in the loss plot while you change something and train again."
# So many of the runs that edits have put aside are offered.
MOST_OFFERED = 5


class PinnedRuns:
    """Pins runs, names them, and goes back to them. Each of it is one entry of the undo stack."""

    def __init__(self, state: SessionState, revisions: Revisions, signals: Signals) -> None:
        self._state, self._revisions, self._signals = state, revisions, signals

    @property
    def all(self) -> tuple[PinnedRun, ...]:
        """The pinned runs of the document."""
        return self._state.document.pinned

    # The run on the screen

    @property
    def place_of_this(self) -> int | None:
        """The place among the pinned runs of the one that is on the screen, as far as it goes; None where it is not."""
        view = self._state.view
        return next((place for place, run in enumerate(self.all) if _is_run(view) and _covers(run, view)), None)

    def refusal(self) -> str:
        """Say why the run on the screen cannot be pinned; empty where it can."""
        return self._refusal(self._state.view)

    def _refusal(self, view: View) -> str:
        if not _is_run(view):
            return f"A run of {LEAST} iterations or more can be pinned: train first."
        if len(self.all) >= MOST_PINNED and self._continued(view) is None:
            return f"{MOST_PINNED} runs are pinned; remove one of them first."
        return ""

    def pin(self) -> None:
        """Keep the run on the screen beside the document; where an earlier part of it is pinned, that becomes longer.

        It must not be refused. What is pinned already stays as it is.
        """
        self.keep(self._state.view)

    def toggle(self) -> None:
        """Pin the run on the screen, or let go of it where it is pinned."""
        place = self.place_of_this
        if place is not None:
            self.remove(place)
        elif not self.refusal():
            self.pin()

    # Runs that an edit has put aside

    def put_aside(self) -> tuple[View, ...]:
        """Return the last runs that edits have put aside, the newest first, as far as undo leads to them."""
        found = list[View]()
        for view in self._before():
            known = any(_continues(other, view) for other in (self._state.view, *found))
            if _is_run(view) and not known and not any(_covers(run, view) for run in self.all):
                found.append(view)
                if len(found) == MOST_OFFERED:
                    break
        return tuple(found)

    def _before(self) -> Iterator[View]:
        for entry in reversed(self._state.undo_stack.entries.done):
            yield entry.before

    def can_keep(self, view: View) -> bool:
        """Return whether there is a run to keep, that is not pinned yet, and room for it."""
        return not self._refusal(view) and not any(_covers(run, view) for run in self.all)

    def keep(self, view: View) -> None:
        """Keep the run that was on the screen, now or before an edit."""
        if not self.can_keep(view):
            return
        run = PinnedRun(computed_parts(view.document.segments, view.horizon), view.horizon)
        place, is_first = self._continued(view), not self.all
        if place is None:
            self._put("Pin a run", (*self.all, run))
        else:
            self._replace("Pin a run", place, replace(self.all[place], segments=run.segments, horizon=run.horizon))
        if is_first:
            self._signals.informed.emit(PINNED)

    def _continued(self, view: View) -> int | None:
        """Return the place of a pinned run that a run goes on from; None where there is none."""
        return next((place for place, run in enumerate(self.all) if _goes_on(run, view)), None)

    # Those that are pinned

    def remove(self, place: int) -> None:
        """Let go of a pinned run."""
        self._put("Remove a pinned run", (*self.all[:place], *self.all[place + 1 :]))

    def rename(self, place: int, name: str) -> None:
        """Call a run something else; by what it differs in where the name is empty."""
        name = " ".join(name.split())
        if name != self.all[place].name:
            self._replace("Rename a run", place, replace(self.all[place], name=name))

    def show(self, place: int, *, shown: bool) -> None:
        """Show a run in the plots, or hide it."""
        if shown != self.all[place].shown:
            text = "Show a pinned run" if shown else "Hide a pinned run"
            self._replace(text, place, replace(self.all[place], shown=shown))

    def use_settings(self, place: int) -> None:
        """Go back to what was set in a run, and to its first weights: nothing of it is trained yet.

        Raises `SpecError` where this machine does not allow it.
        """
        document, run = self._state.document, self.all[place]
        begun = run.document.restarted(run.horizon - 1).experiment_at(run.document.first)
        experiment = self._revisions.checked(begun, is_another=True)
        self._revisions.put("Use the settings of a run", View.at_start(document.begun_with(experiment)))

    def bring_back(self, place: int) -> None:
        """Put a run itself on the screen again, to look at it or to train on: where it ended, or where it is remembered
        last, as after a file that had no room for its end.
        """
        run, known = self.all[place], self._state.document
        self._revisions.checked(run.document.experiment_at(run.horizon - 1), is_another=True)
        document = replace(run.document, pinned=known.pinned)
        self._state.wait_for_engine()
        course, last = Course(document, run.horizon, self._state.timeline), run.horizon - 1
        kept = course.history(last).kept(last).iteration
        cursor = course.end_of(last if last - kept <= NEAR else kept)
        self._revisions.put("Bring back a run", View(document, cursor, run.horizon))

    def _replace(self, text: str, place: int, run: PinnedRun) -> None:
        self._put(text, (*self.all[:place], run, *self.all[place + 1 :]))

    def _put(self, text: str, pinned: tuple[PinnedRun, ...]) -> None:
        state = self._state
        state.wait_for_engine()
        view = View(replace(state.document, pinned=pinned), state.cursor, state.horizon)
        state.undo_stack.put(text, state.view, state.prepare(view))


def _is_run(view: View) -> bool:
    return view.horizon - view.document.first >= LEAST


def _covers(run: PinnedRun, view: View) -> bool:
    """Return whether a pinned run has all that a run has."""
    parts = computed_parts(view.document.segments, view.horizon)
    return is_continued(parts, view.horizon, run.segments, run.horizon)


def _goes_on(run: PinnedRun, view: View) -> bool:
    """Return whether a run has all that a pinned one has, under the same settings, and more."""
    parts = computed_parts(view.document.segments, view.horizon)
    return len(parts) == len(run.segments) and is_continued(run.segments, run.horizon, parts, view.horizon)


def _continues(view: View, before: View) -> bool:
    """Return whether one run has all that another has."""
    parts = computed_parts(before.document.segments, before.horizon)
    return is_continued(parts, before.horizon, view.document.segments, view.horizon)
