"""What an action is: id, text, keys, what it does. Menus, tool bar, help and tests all come from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.ui.actions.commands import Commands

Run = Callable[[Commands], object]


def _always(commands: Commands) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a user can do. `pauses` stops a run first; `icon` is a file of resources/icons.

    `takes` says that what is being typed is taken over first; where that is refused, nothing more is done. `checked`
    says whether it is on now, for one that switches something. `subject` is what it would be done to now, said behind
    its text. `begins_group` puts a line before it in its menu.
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
    checked: Callable[[Commands], bool] | None = None
    subject: Callable[[Commands], str] | None = None
    begins_group: bool = False
