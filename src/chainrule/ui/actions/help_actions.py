"""The Help menu."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

HELP_ACTIONS = (
    Action(
        "help.keys",
        "How to use Chainrule",
        ("F1", "?"),
        lambda c: c.beside.help_window.open(),
        "Keys and what they do",
        "Help",
        takes=False,
    ),
    Action(
        "help.search",
        "Search everything",
        ("Ctrl+K",),
        lambda c: c.beside.search.open(),
        "Find a command, an example, a lesson, a word or a part of the help by its name, and go there",
        "Help",
        takes=False,
    ),
    Action(
        "help.tour",
        "Take the tour",
        ("Shift+F1",),
        lambda c: c.beside.take_tour(c.folding),
        "See in 60 seconds what this window does; nothing that you have is changed",
        "Help",
    ),
)
