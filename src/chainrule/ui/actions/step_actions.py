"""The Step menu: moves of the cursor, and runs."""

from __future__ import annotations

from chainrule.model.navigation import Stride
from chainrule.ui.actions.action import Action, Run
from chainrule.ui.actions.commands import Commands
from chainrule.ui.actions.hall_actions import MOTION_ACTIONS


def _has_layers(commands: Commands) -> bool:
    return not commands.session.experiment.network.formula


def _can_step_back(commands: Commands) -> bool:
    return commands.session.navigator.can_step_back()


def _move(stride: Stride) -> Run:
    return lambda commands: commands.session.navigator.move(stride)


def _move_back(stride: Stride) -> Run:
    return lambda commands: commands.session.navigator.move_back(stride)


def _step(commands: Commands) -> None:
    predictor = commands.answers.predictor
    before = predictor.score
    # To take what was typed may be an answer to what is asked for: then that was what the key was for.
    if commands.take_typed() and predictor.score is before and not predictor.is_checking:
        predictor.step()


def _toggle_run(commands: Commands) -> None:
    trainer = commands.trainer
    if commands.answers.predictor.is_on and trainer.pace.by_micro_step and not trainer.is_running:
        # Whoever predicts takes each micro-step as its number is answered, and not by the clock.
        _step(commands)
        return
    was_running = commands.trainer.is_running
    # To take what was typed in a run is an edit, which pauses it: then that was what the key was for.
    if commands.take_typed() and commands.trainer.is_running == was_running:
        commands.trainer.toggle()


STEP_ACTIONS = (
    Action(
        "step.forward",
        "Step",
        ("Right",),
        _step,
        "Compute the next micro-step",
        "Step",
        "chevron-right",
        takes=False,
    ),
    Action(
        "step.back",
        "Back",
        ("Left",),
        lambda c: c.session.navigator.step_back(),
        "Take the last micro-step back",
        "Step",
        "chevron-left",
        _can_step_back,
    ),
    Action(
        "layer.next",
        "Layer",
        ("Shift+Right",),
        _move(Stride.LAYER),
        "To the end of this layer's micro-steps",
        "Step",
        "",
        _has_layers,
    ),
    Action(
        "layer.previous",
        "Layer back",
        ("Shift+Left",),
        _move_back(Stride.LAYER),
        "Back to the end of the layer before",
        "Step",
        "",
        lambda c: _has_layers(c) and _can_step_back(c),
    ),
    Action(
        "phase.next",
        "Phase",
        ("Down",),
        _move(Stride.PHASE),
        "To the end of this phase: forward, loss, backward or update",
        "Step",
    ),
    Action(
        "phase.previous",
        "Phase back",
        ("Up",),
        _move_back(Stride.PHASE),
        "Back to the end of the phase before",
        "Step",
        "",
        _can_step_back,
    ),
    Action(
        "iteration.next",
        "Iteration",
        ("Return", "Enter"),
        _move(Stride.ITERATION),
        "To the end of this iteration, or of the next one",
        "Step",
    ),
    Action(
        "iteration.previous",
        "Iteration back",
        ("Backspace",),
        _move_back(Stride.ITERATION),
        "Back to the end of the iteration before",
        "Step",
        "",
        _can_step_back,
    ),
    Action(
        "run.toggle",
        "Run",
        ("Space",),
        _toggle_run,
        "Train until paused; one run is one undo entry",
        "Step",
        "play",
        pauses=False,
        takes=False,
    ),
    *MOTION_ACTIONS,
    Action(
        "run.n",
        "Train N iterations…",
        ("Ctrl+T",),
        lambda c: c.ask_how_many(),
        "Train a number of iterations that you choose, as fast as it goes; all of it is one undo entry",
        "Step",
    ),
    Action(
        "iteration.goto",
        "Go to iteration…",
        ("Ctrl+G",),
        lambda c: c.ask_where(),
        "Go to the end of an iteration that you choose, or train on to it",
        "Step",
    ),
    Action(
        "run.restart",
        "Restart",
        ("Home", "Ctrl+Home"),
        lambda c: c.session.editor.restart(),
        "Back to the first iteration and the same first weights",
        "Step",
        "restart",
    ),
    Action(
        "run.pin",
        "Pin this run",
        ("K",),
        lambda c: c.session.runs.toggle(),
        "Keep this run's curves in the loss plot, to be compared with what is trained next; again lets go of them",
        "Step",
        enabled=lambda c: not c.session.runs.refusal(),
        checked=lambda c: c.session.runs.place_of_this is not None,
    ),
)
