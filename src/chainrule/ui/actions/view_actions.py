"""The View menu: the sample on the screen, colours, text, digits, the tabs."""

from __future__ import annotations

from math import inf

from PySide6.QtCore import Qt

from chainrule.session.screen.learning import MOST_AXES
from chainrule.ui.actions.action import Action
from chainrule.ui.actions.commands import Commands
from chainrule.ui.actions.hall_actions import HALL_ACTIONS
from chainrule.ui.stage.panel import ACTIVATION, LEARNED
from chainrule.ui.window.tabs import TABS, Tab


def _toggle_dark(commands: Commands) -> None:
    dark = commands.appearance.is_dark
    commands.appearance.set_scheme(Qt.ColorScheme.Light if dark else Qt.ColorScheme.Dark)


def _tab_action(tab: Tab) -> Action:
    return Action(
        f"view.tab_{tab.id}",
        tab.title,
        (tab.key,),
        lambda c: c.show_tab(tab.id),
        tab.tip,
        "View",
        # A key of two tabs is that of the one that is there.
        enabled=lambda c: tab.is_about(c.session.experiment),
        pauses=False,
    )


def _pane_action(identifier: str, text: str, key: str, what: str) -> Action:
    return Action(
        f"view.{identifier}_pane",
        text,
        (key,),
        lambda c: c.folding.toggle(identifier),
        f"Fold {what} away, or bring it back",
        "View",
        pauses=False,
        checked=lambda c: c.folding.is_shown(identifier),
    )


def _pictures_action(identifier: str, text: str, key: str, kind: str, tip: str, most_inputs: float = inf) -> Action:
    def is_possible(commands: Commands) -> bool:
        network = commands.session.experiment.network
        return not network.formula and network.inputs <= most_inputs

    return Action(
        f"view.{identifier}",
        text,
        (key,),
        lambda c: c.toggle_neuron_pictures(kind),
        tip,
        "View",
        enabled=is_possible,
        pauses=False,
        takes=False,
        checked=lambda c: c.has_neuron_pictures(kind),
    )


def _zoom_action(identifier: str, text: str, keys: tuple[str, ...], steps: int, tip: str) -> Action:
    return Action(identifier, text, keys, lambda c: c.zoom_stage(steps), tip, "View", pauses=False, takes=False)


VIEW_ACTIONS = (
    Action(
        "sample.next",
        "Next sample",
        ("PgDown",),
        lambda c: c.session.selector.show_next_sample(),
        "Show the next sample's numbers on the stage",
        "View",
        pauses=False,
    ),
    Action(
        "sample.previous",
        "Previous sample",
        ("PgUp",),
        lambda c: c.session.selector.show_previous_sample(),
        "Show the sample before",
        "View",
        pauses=False,
    ),
    _zoom_action("view.fit", "Fit the network", ("Ctrl+0",), 0, "Show all of the network on the stage"),
    _zoom_action(
        "view.zoom_in",
        "Zoom in",
        ("Ctrl+Alt++", "Ctrl+Alt+="),
        1,
        "Show less of the network, with more of each neuron; drag the ground to move about",
    ),
    _zoom_action("view.zoom_out", "Zoom out", ("Ctrl+Alt+-",), -1, "Show more of the network, smaller"),
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
        ("Ctrl+Alt+0",),
        lambda c: c.appearance.zoom(0),
        "Text in its normal size",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.more_digits",
        "More digits",
        ("Ctrl+.",),
        lambda c: c.session.selector.change_digits(1),
        "Show numbers with more significant digits, up to all that they have",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.fewer_digits",
        "Fewer digits",
        ("Ctrl+,",),
        lambda c: c.session.selector.change_digits(-1),
        "Show numbers with fewer significant digits",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.referee",
        "Referee…",
        ("Ctrl+E",),
        lambda c: c.beside.show_referee(),
        "How far each value is from PyTorch's autograd and torch.optim, and from finite differences",
        "View",
        pauses=False,
    ),
    _pane_action("experiment", "Experiment at the left", "F9", "the experiment at the left"),
    _pane_action("plots", "Plots at the right", "Shift+F9", "the column of plots at the right"),
    _pane_action("equation", "Equation", "F8", "the equation below the network"),
    Action(
        "view.derivation",
        "How a gradient came to be",
        ("H",),
        lambda c: c.toggle_derivation(),
        "Show below the equation of a gradient how it came to be: the chain rule, factor by factor",
        "View",
        pauses=False,
        takes=False,
        checked=lambda c: c.shows_derivation(),
    ),
    _pictures_action(
        "neuron_pictures",
        "What each neuron has learned",
        "I",
        LEARNED,
        "Show in each neuron what it makes of the inputs, as a small picture, for networks of one or two inputs",
        MOST_AXES,
    ),
    _pictures_action(
        "neuron_activations",
        "What each activation does",
        "Shift+I",
        ACTIVATION,
        "Show in each neuron the curve of its activation as a small picture, with its z on it",
    ),
    _pane_action("timeline", "Timeline", "Shift+F8", "the timeline at the bottom"),
    Action(
        "view.full_screen",
        "Full screen",
        ("F11",),
        lambda c: c.toggle_full_screen(),
        "Fill the screen, without a frame; F11 or Esc leaves it",
        "View",
        pauses=False,
        takes=False,
        checked=lambda c: c.folding.is_full_screen,
    ),
    *HALL_ACTIONS,
    Action(
        "view.find_control",
        "Find a control…",
        ("Ctrl+F",),
        lambda c: c.find_control(),
        "Type some letters of the name of a field, a list or a button, and go to it: u1 is Units of layer 1",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.next_pane",
        "Next pane",
        ("F6",),
        lambda c: c.go_to_pane(1),
        "Take the keyboard to the next part of the window: its first field, list or button",
        "View",
        pauses=False,
        takes=False,
    ),
    Action(
        "view.previous_pane",
        "Previous pane",
        ("Shift+F6",),
        lambda c: c.go_to_pane(-1),
        "Take the keyboard to the part of the window before",
        "View",
        pauses=False,
        takes=False,
    ),
    *map(_tab_action, TABS),
)
