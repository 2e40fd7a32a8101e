"""What actions act on: the session, its runs, and the window's own commands. Passed in, never looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.ui.files.files import Files
from chainrule.ui.folding.folding import Folding
from chainrule.ui.style.appearance import Appearance


@dataclass(frozen=True, slots=True, eq=False)
class Commands:
    """The collaborators of the action table."""

    session: Session
    trainer: Trainer
    appearance: Appearance
    files: Files
    # Takes over what is being typed; False where it was refused, which is said beside it.
    take_typed: Callable[[], bool]
    edit_selected: Callable[[], None]
    # By so many steps; 0 shows all of the network.
    zoom_stage: Callable[[int], None]
    reseed: Callable[[], None]
    folding: Folding
    ask_how_many: Callable[[], None]
    ask_where: Callable[[], None]
    show_tab: Callable[[str], None]
    toggle_derivation: Callable[[], None]
    shows_derivation: Callable[[], bool]
    toggle_full_screen: Callable[[], None]
    # To the next pane (1), or to the one before (-1).
    go_to_pane: Callable[[int], None]
    find_control: Callable[[], None]
    show_referee: Callable[[], None]
    show_help: Callable[[], None]
