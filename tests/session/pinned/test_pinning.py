"""Runs that are pinned stay beside the document: through edits, undo, restarts and other runs."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.model.document import MOST_PINNED
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.runs.compared import RunComparison, is_part_of
from chainrule.session.runs.listed import RunKind, RunList
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.session.acts import W1
from tests.session.conftest import Open
from tests.session.reopening.reopened import losses_of, train
from tests.session.seen import Heard


def set_rate(session: Session, lr: float, *, restart: bool = True) -> None:
    session.editor.edit("Rate", edits.set_optimizer(sgd(lr)), restart=restart)


def names(session: Session) -> list[str]:
    return [run.name for run in RunComparison().of(session.moment)]


def pinned_losses(session: Session, place: int = 0) -> list[float]:
    found = RunComparison().of(session.moment)[1 + place].losses()
    assert found is not None
    return found[0].rows()[:, 0].tolist()


@pytest.fixture
def session(opened: Open) -> Session:
    """Trained for 30 iterations with a rate of 0.01."""
    session = opened()
    set_rate(session, 0.01)
    train(session, 30)
    return session


def test_a_pinned_run_keeps_its_losses_whatever_is_trained_next(session: Session) -> None:
    before = losses_of(session)
    session.runs.pin()
    set_rate(session, 0.1)
    assert session.horizon == 0
    assert pinned_losses(session) == before
    train(session, 12)
    assert pinned_losses(session) == before
    assert losses_of(session) != before[:12]
    assert names(session) == ["lr 0.1", "lr 0.01"]


def test_pinning_is_undone_and_done_again(session: Session) -> None:
    session.runs.pin()
    assert session.undo_stack.undoText() == "Pin a run"
    session.undo_stack.undo()
    assert session.runs.all == ()
    session.undo_stack.redo()
    [run] = session.runs.all
    session.runs.rename(0, "  slow\tone ")
    assert session.runs.all[0].name == "slow one"
    session.runs.show(0, shown=False)
    session.runs.remove(0)
    for name, shown in (("slow one", False), ("slow one", True), ("", True)):
        session.undo_stack.undo()
        assert [(each.name, each.shown) for each in session.runs.all] == [(name, shown)]
    assert session.runs.all == (run,)


@pytest.mark.parametrize("act", ["restart", "start from here", "reseed", "row", "weight", "title", "forget"])
def test_it_stays_through_every_edit(session: Session, act: str) -> None:
    before = losses_of(session)
    session.runs.pin()
    session.navigator.go_to(Cursor(10, 17))
    acts = {
        "restart": session.editor.restart,
        "start from here": session.training_start.start_from_here,
        "reseed": lambda: session.editor.edit("Reseed", edits.reseed(4, session.editor.initial_values), restart=True),
        "row": lambda: session.editor.edit("Add row", edits.add_row),
        "weight": lambda: session.number_editor.edit_number(W1, (0, 0), 0.75),
        "title": lambda: session.editor.set_title("another"),
        "forget": lambda: (session.training_start.start_from_here(), session.training_start.forget_start()),
    }
    acts[act]()
    assert len(session.runs.all) == 1
    assert pinned_losses(session) == before


def test_another_file_has_none_of_them(session: Session) -> None:
    session.runs.pin()
    session.file.open(dense((2, 3, 1), 4), None)
    assert session.runs.all == ()


def test_too_short_a_run_is_refused_and_too_many(opened: Open) -> None:
    session = opened()
    assert session.runs.refusal() == "A run of 2 iterations or more can be pinned: train first."
    session.runs.toggle()
    assert session.runs.all == ()
    for place in range(MOST_PINNED):
        set_rate(session, 0.01 + place / 1000)
        train(session, 2)
        session.runs.pin()
    # A longer one of these takes the place of the shorter.
    assert not session.runs.refusal()
    set_rate(session, 0.5)
    train(session, 2)
    assert session.runs.refusal() == "20 runs are pinned; remove one of them first."
    session.runs.pin()
    assert len(session.runs.all) == MOST_PINNED


def test_trained_on_it_becomes_longer_and_is_no_second_one(session: Session) -> None:
    session.runs.pin()
    assert session.runs.place_of_this == 0
    session.runs.pin()
    session.runs.rename(0, "mine")
    train(session, 5)
    assert session.runs.place_of_this is None
    session.runs.pin()
    assert [(run.horizon, run.name) for run in session.runs.all] == [(35, "mine")]
    session.runs.toggle()
    assert session.runs.all == ()


def test_an_edit_in_the_middle_offers_what_it_puts_aside(session: Session) -> None:
    heard, offered, before = Heard(session), list[object](), losses_of(session)
    session.signals.put_aside.connect(offered.append)
    session.navigator.go_to(Cursor(10, 17))
    set_rate(session, 0.1, restart=False)
    assert heard.texts == ["19 later iterations were put aside; Ctrl+Z brings them back."]
    [view] = offered
    assert session.runs.put_aside() == (view,)
    assert session.runs.can_keep(view)
    session.runs.keep(view)
    assert session.runs.put_aside() == ()
    train(session, 4)
    assert names(session) == ["lr 0.1 from iteration 10", "lr 0.01"]
    assert pinned_losses(session) == before
    assert not is_part_of(session.runs.all[0], session.moment.course)


def test_what_restarts_have_put_aside_is_offered_the_newest_first(session: Session) -> None:
    session.editor.restart()
    for lr in (0.02, 0.03):
        set_rate(session, lr)
        train(session, 3)
        session.editor.restart()
    assert [view.document.experiment_at(0).optimizer.number("lr") for view in session.runs.put_aside()] == [
        0.03,
        0.02,
        0.01,
    ]
    # A title changes nothing of what was trained.
    train(session, 3)
    session.editor.set_title("mine")
    assert len(session.runs.put_aside()) == 2


def test_the_settings_of_a_run_come_back_as_one_edit(session: Session) -> None:
    known = session.experiment
    session.runs.pin()
    set_rate(session, 0.1)
    train(session, 3)
    session.editor.edit("Loss", edits.set_loss(known.loss.replace(reduction="sum")), restart=True)
    session.runs.use_settings(0)
    assert session.experiment == known
    assert (session.cursor, session.horizon) == (Cursor(0), 0)
    assert len(session.runs.all) == 1
    session.undo_stack.undo()
    assert session.experiment.loss["reduction"] == "sum"


def test_a_run_comes_back_itself_and_is_trained_on_as_if_nothing_had_been(opened: Open, session: Session) -> None:
    session.runs.pin()
    set_rate(session, 0.1)
    train(session, 3)
    session.runs.bring_back(0)
    assert session.cursor == Cursor(29, 17)
    train(session, 10)
    alone = opened()
    set_rate(alone, 0.01)
    train(alone, 40)
    assert losses_of(session) == losses_of(alone)


def test_a_run_of_another_machine_is_refused_in_words(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.runs.pin()
    set_rate(session, 0.1)

    def refuse(*_: object, **__: object) -> None:
        raise SpecError("$.device", "there is no such device")

    monkeypatch.setattr(session.runs._revisions, "checked", refuse)
    for act in (session.runs.use_settings, session.runs.bring_back):
        with pytest.raises(SpecError):
            act(0)
    assert session.experiment.optimizer.number("lr") == 0.1


def test_what_was_trained_alike_is_told_apart_by_its_length(session: Session) -> None:
    session.runs.pin()
    session.editor.restart()
    train(session, 5)
    # It is another run of the same settings: the weights were set by hand, and set back.
    assert names(session) == ["", "30 iterations"]


def test_ends_are_those_of_the_last_parameters(session: Session) -> None:
    session.runs.pin()
    rows = RunList(session)
    while rows.find_end(rows.rows(session.moment)):
        pass
    now, pinned = rows.rows(session.moment)
    assert [now.kind, pinned.kind] == [RunKind.NOW, RunKind.PINNED]
    # One iteration more begins with the loss of the parameters that the last one has led to.
    train(session, 1)
    assert now.end is not None
    assert now.end.training.loss == losses_of(session)[30]
    assert pinned.losses is not None
    assert pinned.losses.least == min(losses_of(session)[:30])
    assert pinned.losses.least_at == losses_of(session)[:30].index(pinned.losses.least)
