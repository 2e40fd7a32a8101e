"""What is done with a file that was read: it is opened as a window opens it, and all that it offers is done."""

from __future__ import annotations

from pathlib import Path

from chainrule.model.files.file_format import FileContents
from chainrule.session.session import Session
from tests.experiments import article
from tests.session.conftest import a_session
from tests.session.reopening.reopened import contents_of, file_of, train
from tests.soak.undoing import LARGE, size

NAME = Path("spoiled.chainrule")
ITERATIONS, MOST_POINTS = 3, 400


def open_and_go_on(contents: FileContents) -> None:
    """Open a file with its history, step, undo and redo all, train, save, and open what was saved.

    `SpecError` where it is refused. What would take its time is looked at without opening it.
    """
    history = contents.history
    if history is None or any(size(each) > LARGE for each in (contents.experiment, *history.experiments)):
        return
    with a_session(article()) as session:
        session.file.open(contents.experiment, NAME, history=history)
        _look(session)
        session.navigator.step_forward()
        session.navigator.step_back()
        stack = session.undo_stack
        count, place = stack.count(), stack.index()
        while stack.canUndo():
            stack.undo()
            _look(session)
        while stack.canRedo():
            stack.redo()
            _look(session)
        assert stack.count() == count, "undo itself has edited"
        stack.setIndex(place)
        _look(session)
        train(session, ITERATIONS)
        _look(session)
        written = contents_of(file_of(session))
        session.file.open(written.experiment, NAME, history=written.history)
        _look(session)


def _look(session: Session) -> None:
    """Ask for what a window would show."""
    moment = session.moment
    course = moment.course
    for outline in (course.losses(), course.test_losses(), course.gradients()[2]):
        assert outline is None or outline.thin_out(MOST_POINTS)
    assert all(moment.tensor(step.writes) is not None for step in moment.steps[: moment.cursor.position])
