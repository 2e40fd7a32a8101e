"""What tests of the hall share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import delete

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.hall.slow_motion import SlowMotion
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.style.appearance import Appearance

HallOf = Callable[[Experiment, tuple[int, int]], tuple[Session, HallPicture]]


@pytest.fixture
def hall_of(qapp: QApplication) -> Iterator[HallOf]:
    """What makes the hall's picture of an experiment, ready to compute, on a screen of some size."""
    made: list[QWidget] = []

    def hall(experiment: Experiment, size: tuple[int, int]) -> tuple[Session, HallPicture]:
        holder = QWidget()
        made.append(holder)
        session = Session(experiment, holder)
        assert session.timeline is not None  # waits for the engine
        appearance = Appearance(holder)
        appearance.set_scheme(Qt.ColorScheme.Light)
        trainer = Trainer(session.state, session.navigator, session.signals, session)
        slow_motion = SlowMotion(trainer, session)
        picture = HallPicture(session, appearance, slow_motion, holder)
        signals = session.signals
        for signal in (signals.cursor_moved, signals.selection_changed, signals.document_changed):
            signal.connect(picture.refresh)
        holder.resize(*size)
        picture.resize(*size)
        holder.show()
        picture.refresh()
        return session, picture

    yield hall
    for holder in made:
        delete(holder)
