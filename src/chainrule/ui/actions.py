"""The actions as a table: id, text, keys, what it does. Menus, tool bar, help and tests all come from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from chainrule.model.navigation import Stride
from chainrule.ui.commands import Commands
from chainrule.ui.plain import plain_tip
from chainrule.ui.tabs import TABS, Tab

Run = Callable[[Commands], object]


def _always(commands: Commands) -> bool:
    return True


def _can_step_back(commands: Commands) -> bool:
    return commands.session.can_step_back()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a user can do. `pauses` stops a run first; `icon` is a file of resources/icons.

    `takes` says that what is being typed is taken over first; where that is refused, nothing more is done.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    run: Run
    tip: str
    menu: str
    icon: str = ""
    enabled: Callable[[Commands], bool] = _always
    pauses: bool = True
    takes: bool = True


def _move(stride: Stride) -> Run:
    return lambda commands: commands.session.move(stride)


def _move_back(stride: Stride) -> Run:
    return lambda commands: commands.session.move_back(stride)


def _toggle_dark(commands: Commands) -> None:
    dark = commands.appearance.is_dark
    commands.appearance.set_scheme(Qt.ColorScheme.Light if dark else Qt.ColorScheme.Dark)


def _toggle_run(commands: Commands) -> None:
    was_running = commands.trainer.is_running
    # To take what was typed in a run is an edit, which pauses it: then that was what the key was for.
    if commands.take_typed() and commands.trainer.is_running == was_running:
        commands.trainer.toggle()


def _tab_action(place: int, tab: Tab) -> Action:
    keys = (f"Alt+{place}",)
    return Action(f"view.tab_{tab.id}", tab.title, keys, lambda c: c.show_tab(tab.id), tab.tip, "View", pauses=False)


# The file commands take what is typed themselves, also where a menu of files or closing the window calls them.
ACTIONS = (
    Action("file.open", "Open…", ("Ctrl+O",), lambda c: c.files.open(), "Open an experiment file", "File", takes=False),
    Action("file.save", "Save", ("Ctrl+S",), lambda c: c.files.save(), "Save the experiment", "File", takes=False),
    Action(
        "file.save_as",
        "Save as…",
        ("Ctrl+Shift+S",),
        lambda c: c.files.save_as(),
        "Save it under another name",
        "File",
        takes=False,
    ),
    Action(
        "file.save_trained",
        "Save with trained parameters…",
        (),
        lambda c: c.files.save_trained(),
        "Save the experiment with the parameters on the screen as its first ones",
        "File",
        takes=False,
    ),
    Action("file.quit", "Quit", ("Ctrl+Q",), lambda c: c.files.quit(), "Close the window", "File", takes=False),
    Action(
        "edit.undo",
        "Undo",
        ("Ctrl+Z",),
        lambda c: c.session.undo_stack.undo(),
        "Undo the last edit or run",
        "Edit",
        "undo",
        lambda c: c.session.undo_stack.canUndo(),
    ),
    Action(
        "edit.redo",
        "Redo",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        lambda c: c.session.undo_stack.redo(),
        "Redo what was undone",
        "Edit",
        "redo",
        lambda c: c.session.undo_stack.canRedo(),
    ),
    Action(
        "edit.value",
        "Edit the selected number",
        ("F2",),
        lambda c: c.edit_selected(),
        "Change the selected number; what is computed is set by hand, in this iteration alone",
        "Edit",
    ),
    Action(
        "edit.clear_overrides",
        "Clear what was set by hand",
        ("Ctrl+Delete",),
        lambda c: c.session.clear_overrides(),
        "Compute all numbers of this iteration again that were set by hand; Delete does so for the selected one",
        "Edit",
        enabled=lambda c: c.session.can_clear_overrides(),
    ),
    Action(
        "edit.reseed",
        "Reseed",
        ("Ctrl+R",),
        lambda c: c.reseed(),
        "Draw new first weights from another seed, drawn by chance",
        "Edit",
        "dice-multiple-outline",
    ),
    Action(
        "select.next",
        "Select the next number",
        ("N",),
        lambda c: c.session.select_next(),
        "Select the next number of the same value",
        "Edit",
    ),
    Action(
        "select.previous",
        "Select the number before",
        ("P",),
        lambda c: c.session.select_previous(),
        "Select the number before it",
        "Edit",
    ),
    Action(
        "select.next_value",
        "Select the next value",
        ("Shift+N",),
        lambda c: c.session.select_next_value(),
        "Go to the next value: input, target, weights, biases, and what was computed",
        "Edit",
    ),
    Action(
        "select.previous_value",
        "Select the value before",
        ("Shift+P",),
        lambda c: c.session.select_next_value(-1),
        "Go to the value before it",
        "Edit",
    ),
    Action(
        "step.forward",
        "Step",
        ("Right",),
        lambda c: c.session.step_forward(),
        "Compute the next micro-step",
        "Step",
        "chevron-right",
    ),
    Action(
        "step.back",
        "Back",
        ("Left",),
        lambda c: c.session.step_back(),
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
    ),
    Action(
        "layer.previous",
        "Layer back",
        ("Shift+Left",),
        _move_back(Stride.LAYER),
        "Back to the end of the layer before",
        "Step",
        "",
        _can_step_back,
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
    Action(
        "run.restart",
        "Restart",
        ("Home", "Ctrl+Home"),
        lambda c: c.session.restart(),
        "Back to iteration 0 and the same first weights",
        "Step",
        "restart",
    ),
    Action(
        "sample.next",
        "Next sample",
        ("PgDown",),
        lambda c: c.session.show_next_sample(),
        "Show the next sample's numbers on the stage",
        "View",
        pauses=False,
    ),
    Action(
        "sample.previous",
        "Previous sample",
        ("PgUp",),
        lambda c: c.session.show_previous_sample(),
        "Show the sample before",
        "View",
        pauses=False,
    ),
    Action(
        "view.dark",
        "Dark or light",
        ("Ctrl+D",),
        _toggle_dark,
        "Switch between dark and light",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.larger",
        "Larger text",
        ("Ctrl++", "Ctrl+="),
        lambda c: c.appearance.zoom(1),
        "Larger text, for the last row",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.smaller",
        "Smaller text",
        ("Ctrl+-",),
        lambda c: c.appearance.zoom(-1),
        "Smaller text",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.normal",
        "Normal text",
        ("Ctrl+0",),
        lambda c: c.appearance.zoom(0),
        "Text in its normal size",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.more_digits",
        "More decimals",
        ("Ctrl+.",),
        lambda c: c.session.change_digits(1),
        "Show numbers with more decimals, up to all that they have",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.fewer_digits",
        "Fewer decimals",
        ("Ctrl+,",),
        lambda c: c.session.change_digits(-1),
        "Show numbers with fewer decimals",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.referee",
        "Referee…",
        ("Ctrl+E",),
        lambda c: c.show_referee(),
        "How far each value is from PyTorch's autograd and torch.optim, and from finite differences",
        "View",
        pauses=False,
    ),
    *(_tab_action(place, tab) for place, tab in enumerate(TABS, 1)),
    Action(
        "help.keys",
        "How to use Chainrule",
        ("F1", "?"),
        lambda c: c.show_help(),
        "Keys and what they do",
        "Help",
        takes=False,
    ),
)


class ActionSet(QObject):
    """The table's QActions, each with its id as object name, kept enabled as the session allows."""

    def __init__(self, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._commands = commands
        self._actions = {action.id: self._make(action, window) for action in ACTIONS}
        session = commands.session
        for signal in (session.document_changed, session.cursor_moved, session.undo_stack.indexChanged):
            signal.connect(self.refresh)
        self.refresh()

    def __getitem__(self, identifier: str) -> QAction:
        return self._actions[identifier]

    def refresh(self) -> None:
        """Enable what can be done now."""
        for action in ACTIONS:
            self._actions[action.id].setEnabled(action.enabled(self._commands))

    def _make(self, action: Action, window: QWidget) -> QAction:
        made = QAction(action.text, window)
        made.setObjectName(action.id)
        made.setShortcuts([QKeySequence(key) for key in action.keys])
        made.setToolTip(plain_tip(f"{action.tip} ({action.keys[0]})" if action.keys else action.tip))
        made.setStatusTip(action.tip)
        made.triggered.connect(lambda: self._run(action))
        window.addAction(made)
        return made

    def _run(self, action: Action) -> None:
        if action.pauses:
            self._commands.trainer.pause()
        if not action.takes or self._commands.take_typed():
            action.run(self._commands)
