"""The Help menu."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

HELP_ACTIONS = (
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
