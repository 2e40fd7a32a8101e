"""Predictions in the Step menu: asked for before a number is shown, and their score."""

from __future__ import annotations

from chainrule.ui.actions.action import Action
from chainrule.ui.actions.commands import Commands


def _is_asking(commands: Commands) -> bool:
    return commands.answers.predictor.question is not None


def _toggle(commands: Commands) -> None:
    # What is asked for stands at the equation.
    commands.folding.show("equation")
    commands.answers.toggle()


PREDICT_ACTIONS = (
    Action(
        "predict.toggle",
        "Predict",
        ("Q",),
        _toggle,
        "Ask for each number before a step shows it: type it, or say on which side it will be. What lies ahead is "
        "covered everywhere",
        "Step",
        checked=lambda c: c.answers.predictor.is_on,
        begins_group=True,
    ),
    Action(
        "predict.reveal",
        "Show what is asked for",
        ("Ctrl+Return", "Ctrl+Enter"),
        lambda c: c.answers.predictor.reveal(),
        "Show the number that is to be predicted without an answer, or after a wrong one",
        "Step",
        enabled=_is_asking,
        takes=False,
    ),
    Action(
        "predict.score",
        "Score of predictions…",
        ("Shift+Q",),
        lambda c: c.answers.show_score(c.files, lambda: c.pictures.writer),
        "How your predictions ended, phase by phase; save the score as CSV, JSON or text, or begin anew",
        "Step",
        takes=False,
    ),
)
