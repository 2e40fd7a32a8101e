"""Sessions for tests, and a look at what each test leaves behind."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import delete, isValid

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from tests.experiments import article

Open = Callable[..., Session]


@pytest.fixture(autouse=True)
def _nothing_outlives_its_test(qapp: QApplication) -> Iterator[None]:
    """No thread runs and no timer is active when a test is over."""
    # What is there already is put aside: the search after the test then takes no time.
    gc.freeze()
    yield
    made = gc.get_objects()
    gc.unfreeze()
    left = []
    for found in made:
        # `isinstance` would ask objects for their class, which torch's lazy ones answer with a warning.
        if issubclass(type(found), QThread | QTimer) and isValid(found) and found is not qapp.thread():
            busy = found.isRunning() if isinstance(found, QThread) else found.isActive()
            left += [f"{found!r} of {found.parent()!r}"] if busy else []
    assert not left


@contextmanager
def a_session(experiment: Experiment, *, ready: bool = True) -> Iterator[Session]:
    """A session that is closed and deleted in the end; the engine is there unless `ready` is False."""
    session = Session(experiment)
    try:
        if ready:
            assert session.timeline is not None
        yield session
    finally:
        for referee in session.findChildren(Referee):
            referee.close()
        session.loader.close()
        delete(session)


@pytest.fixture
def opened(qapp: QApplication) -> Iterator[Open]:
    """Makes sessions, of the article's network unless another is named, that live as long as the test."""
    with ExitStack() as stack:

        def open_session(experiment: Experiment | None = None, **options: Any) -> Session:
            return stack.enter_context(a_session(article() if experiment is None else experiment, **options))

        yield open_session
