"""The numbers that a lesson's text shows: those of the student's own network, as far as they are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.lessons.lesson.spec import NamedValue
from chainrule.lessons.lesson.text import TextNumber
from chainrule.model.elements import is_inside
from chainrule.session.background.lazy_engine import engine
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.engine.trace import Trace
    from chainrule.lessons.calculation import Calculation

SHORT = (Role.INPUT, Role.TARGET, Role.SETTING)


class LiveNumbers:
    """Looks numbers up in the moment on the screen, and in other iterations of its training."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # The iteration that was asked for last beside that of the screen; it is asked for at every step.
        self._kept: tuple[object, int, Trace] | None = None

    def look_up(self, number: TextNumber) -> tuple[float | None, bool]:
        """Return a number of a text, None where it is not computed yet; and whether zeros at its end say nothing."""
        value = self._session.moment.value(number.value.ref)
        is_short = value is not None and value.role in SHORT and not value.is_next
        return self.number(number.value), is_short

    def number(self, named: NamedValue) -> float | None:
        """Return a number that the cursor has come to, or that training has computed before it."""
        moment = self._session.moment
        if named.iteration is None or named.iteration == moment.cursor.iteration:
            return moment.number(named.ref, named.place) if moment.has(named.ref, named.place) else None
        trace = self._trace(named.iteration)
        return None if trace is None else _element(trace, named.ref, named.place)

    def calculation(self, iteration: int | None) -> Calculation:
        """Return an iteration as answers are checked against it; None is that of the screen."""
        state = self._session.state
        history, trace = state.computed()
        document, at = state.document, state.cursor.iteration
        if iteration is not None and iteration != at:
            history, at = state.history(iteration), iteration
            trace = history.trace(iteration)
        overrides = document.overrides_at(at)
        return engine().calculation.of(document.experiment_at(at), history.executor.program, trace, overrides)

    def _trace(self, iteration: int) -> Trace | None:
        state = self._session.state
        if not state.is_ready or not state.document.first <= iteration < max(state.horizon, state.cursor.iteration):
            return None
        segments = state.document.segments
        if self._kept is None or self._kept[0] is not segments or self._kept[1] != iteration:
            self._kept = segments, iteration, state.history(iteration).trace(iteration)
        return self._kept[2]


def _element(trace: Trace, ref: ValueRef, index: tuple[int, ...]) -> float | None:
    tensor = trace.values.get(ref)
    return None if tensor is None or not is_inside(index, tuple(tensor.shape)) else float(tensor[index])
