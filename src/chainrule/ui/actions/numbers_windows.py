"""Opening the numbers of a view as a table, in a window of its own: one for each view."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.ui.actions.commands import Commands
from chainrule.ui.widgets.moment_card import MomentCard


def has_numbers(commands: Commands) -> bool:
    """Return whether that view gives the numbers of what it draws; one that is not made yet is taken to."""
    board, view = commands.board, commands.board.current
    if not view or not board.places.has_made(view):
        return bool(view)
    card = board.places.view(view)
    return type(card).numbers is not MomentCard.numbers and card.cover is None


def show_numbers(commands: Commands) -> None:
    """Show the numbers of the view that was chosen last."""
    from chainrule.ui.numbers.numbers_window import NumbersWindow  # noqa: PLC0415 - not for the first paint

    board, view = commands.board, commands.board.current
    main = board.places.window()
    name = f"numbers_window.{view}"
    window = main.findChild(QWidget, name)
    if not isinstance(window, NumbersWindow):
        chooser, writer = commands.files.chooser, commands.pictures.writer
        window = NumbersWindow(
            board.places.view(view),
            board.title_of(view),
            commands.session,
            commands.appearance,
            main,
            save=lambda part, use: chooser.choose_export("Numbers as CSV", ".csv", use, part),
            write=writer.save,
        )
        window.setObjectName(name)
    window.show()
    window.raise_()
    window.activateWindow()
    window.table.setFocus()
