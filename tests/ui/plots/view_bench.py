"""One view on the bench: a session, the view beside it, and the wires that the main window has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QToolTip

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.session import Session
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.window.views import Views

V = TypeVar("V", bound=MomentCard)


@contextmanager
def benches(make: Callable[[Session, Appearance], V], size: tuple[int, int]) -> Iterator[Callable[..., ViewBench[V]]]:
    """What makes a bench for an experiment, trained so far; all are taken away in the end."""
    made: list[ViewBench[V]] = []

    def bench_of(experiment: Experiment, *, train: int = 0, ready: bool = True) -> ViewBench[V]:
        bench = ViewBench(make, experiment, size, ready=ready)
        made.append(bench)
        if train:
            bench.train(train)
        return bench

    yield bench_of
    for bench in made:
        bench.close()


class ViewBench(Generic[V]):
    """What the tests of one view work with."""

    def __init__(
        self, make: Callable[[Session, Appearance], V], experiment: Experiment, size: tuple[int, int], *, ready: bool
    ) -> None:
        self.appearance = Appearance()
        self.appearance.set_scheme(Qt.ColorScheme.Light)
        self.session = Session(experiment)
        if ready:
            assert self.session.timeline is not None  # waits for the engine
        self.view = make(self.session, self.appearance)
        self.views = Views(lambda: self.session.moment)
        self.views.add(self.view)
        self.appearance.setParent(self.view)
        self.session.setParent(self.view)
        session = self.session
        for signal in (
            session.signals.document_changed,
            session.signals.cursor_moved,
            session.signals.selection_changed,
        ):
            signal.connect(self.show)
        self.show()
        self.view.resize(*size)
        self.view.show()

    def show(self) -> None:
        """Pass the moment on, as the main window does."""
        self.views.refresh()

    def train(self, iterations: int) -> None:
        """Run so many iterations from the start, and stand at the end of the last."""
        done = 0

        def left() -> int:
            return iterations - done

        for iteration, _ in self.session.timeline.run(self.session.document, 0, left):
            done = iteration + 1
            if done == iterations:
                break
        self.session.navigator.show_iteration(iterations - 1)
        self.show()

    def close(self) -> None:
        """Take everything away."""
        QToolTip.hideText()
        self.session.loader.close()
        self.view.close()
        self.view.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
