"""From a number that is wrong at the equation to the view Check, which has the right rule beside the mistake."""

from __future__ import annotations

from PySide6.QtCore import SignalInstance

from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.folding.body import Body
from chainrule.ui.window.tabs import CHECK


def show_rules(asked: SignalInstance, body: Body, tabs: TabbedCard) -> None:
    """Show the view Check, wherever it stands, and have it check a number whenever `asked` brings one."""

    def show(text: str) -> None:
        from chainrule.ui.checking.view import CheckView  # noqa: PLC0415 - not for the first paint

        body.show_view(CHECK)
        view = tabs.view(CHECK)
        assert isinstance(view, CheckView)
        view.ask(text)

    asked.connect(show)
