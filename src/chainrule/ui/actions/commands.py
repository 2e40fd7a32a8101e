"""What actions act on: the session, its runs, and the window's own commands. Passed in, never looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.ui.board.board import ViewBoard
from chainrule.ui.files.files import Files
from chainrule.ui.folding.folding import Folding
from chainrule.ui.importing.data_import import DataImport
from chainrule.ui.lesson.lessons import Lessons
from chainrule.ui.pictures.pictures import Pictures
from chainrule.ui.predicting.answers import Answers
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.ui.window.beside import Beside


@dataclass(frozen=True, slots=True, eq=False)
class Commands:
    """The collaborators of the action table."""

    session: Session
    trainer: Trainer
    appearance: Appearance
    files: Files
    tables: DataImport
    # Takes over what is being typed; False where it was refused, which is said beside it.
    take_typed: Callable[[], bool]
    edit_selected: Callable[[], None]
    # Ctrl with a key where the keyboard is, or on the stage; False where it means nothing there.
    press_there: Callable[[Qt.Key], bool]
    # By so many steps; 0 shows all of the network.
    zoom_stage: Callable[[int], None]
    reseed: Callable[[], None]
    # Up (-1) or down (1).
    move_layer: Callable[[int], None]
    folding: Folding
    board: ViewBoard
    ask_how_many: Callable[[], None]
    ask_where: Callable[[], None]
    show_tab: Callable[[str], None]
    toggle_derivation: Callable[[], None]
    shows_derivation: Callable[[], bool]
    # By their kind.
    toggle_neuron_pictures: Callable[[str], None]
    has_neuron_pictures: Callable[[str], bool]
    toggle_full_screen: Callable[[], None]
    # To the next pane (1), or to the one before (-1).
    go_to_pane: Callable[[int], None]
    find_control: Callable[[], None]
    # The windows and lists that are made when they are asked for.
    beside: Beside
    pictures: Pictures
    lessons: Lessons
    answers: Answers
