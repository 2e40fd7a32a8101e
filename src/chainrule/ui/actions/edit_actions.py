"""The Edit menu: undo, the selected number, and which one that is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from chainrule.ui.actions.action import Action
from chainrule.ui.actions.commands import Commands
from chainrule.ui.stage.copying import copy_value
from chainrule.ui.window.tabs import CHECK, QUESTIONS


def has_several_layers(commands: Commands) -> bool:
    """Return whether there is a layer that can come before another."""
    return len(commands.session.experiment.network.layers) > 1


def _paste(commands: Commands) -> None:
    if not commands.press_there(Qt.Key.Key_V):
        commands.tables.paste()


def _edit_selected(commands: Commands) -> None:
    # Nobody edits what an enlarged view lies over.
    commands.board.uncover()
    commands.edit_selected()


def _check_number(commands: Commands) -> None:
    commands.show_tab(CHECK)
    card = commands.board.card_of(CHECK)
    field = card.findChild(QLineEdit, "check_view.number") if card is not None else None
    if field is not None:
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _ask_this(commands: Commands) -> None:
    from chainrule.ui.questions.view import QuestionsView  # noqa: PLC0415 - not for the first paint

    commands.show_tab(QUESTIONS)
    card = commands.board.places.view(QUESTIONS)
    if isinstance(card, QuestionsView):
        card.ask_this()


EDIT_ACTIONS = (
    Action(
        "edit.undo",
        "Undo",
        ("Ctrl+Z",),
        lambda c: c.session.undo_stack.undo(),
        "Undo the last edit or run",
        "Edit",
        "undo",
        lambda c: c.session.undo_stack.canUndo(),
        subject=lambda c: c.session.undo_stack.undoText(),
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
        subject=lambda c: c.session.undo_stack.redoText(),
    ),
    Action(
        "edit.copy",
        "Copy",
        ("Ctrl+C",),
        lambda c: c.press_there(Qt.Key.Key_C),
        "Copy what is selected, with every digit: a number, or rows of a table, where Ctrl+A selects all",
        "Edit",
        pauses=False,
        takes=False,
    ),
    Action(
        "edit.copy_value",
        "Copy all of the value",
        ("Ctrl+Alt+C",),
        lambda c: copy_value(c.session),
        "Copy all numbers of the value that the selected one belongs to, such as the weights of a layer, as rows",
        "Edit",
        pauses=False,
        takes=False,
    ),
    Action(
        "edit.paste_data",
        "Paste…",
        ("Ctrl+V",),
        _paste,
        "Paste numbers in the place of what is selected, or a table of a spreadsheet or a CSV file as data",
        "Edit",
        takes=False,
    ),
    Action(
        "edit.value",
        "Edit the selected number",
        ("F2",),
        _edit_selected,
        "Change the selected number; what is computed is set by hand, in this iteration alone",
        "Edit",
    ),
    Action(
        "edit.check",
        "Check my number…",
        ("M",),
        _check_number,
        "Type what you worked out for the selected number: is it right, or which mistake gives it? Nothing is set",
        "Edit",
    ),
    Action(
        "edit.own_number",
        "My value at the equation",
        ("Shift+M",),
        lambda c: c.answers.go_to_field(),
        "Type what you worked out for the selected number below its equation, or what is asked for: checked, never set",
        "Edit",
    ),
    Action(
        "edit.ask",
        "Ask this",
        ("Shift+A",),
        _ask_this,
        "Ask for the selected number: a question of the experiment, for worksheets, homework and quizzes",
        "Edit",
    ),
    Action(
        "edit.clear_overrides",
        "Clear what was set by hand",
        ("Ctrl+Delete",),
        lambda c: c.session.number_editor.clear_overrides(),
        "Compute all numbers of this iteration again that were set by hand; Delete does so for the selected one",
        "Edit",
        enabled=lambda c: c.session.number_editor.can_clear_overrides(),
    ),
    Action(
        "layer.up",
        "Move the layer up",
        ("Ctrl+Shift+Up",),
        lambda c: c.move_layer(-1),
        "Move the layer of the selected number, or of the row that the keyboard is in, before the one above it",
        "Edit",
        enabled=has_several_layers,
    ),
    Action(
        "layer.down",
        "Move the layer down",
        ("Ctrl+Shift+Down",),
        lambda c: c.move_layer(1),
        "Move the layer of the selected number, or of the row that the keyboard is in, behind the one below it",
        "Edit",
        enabled=has_several_layers,
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
        "edit.start_here",
        "Start from here",
        ("Ctrl+Shift+Home",),
        lambda c: c.session.training_start.start_from_here(),
        "Let training start from the parameters on the screen, with what optimizer and scheduler keep beside them",
        "Edit",
        enabled=lambda c: c.session.training_start.can_start_from_here(),
    ),
    Action(
        "select.next",
        "Select the next number",
        ("N",),
        lambda c: c.session.selector.select_next(),
        "Select the next number of the same value",
        "Edit",
    ),
    Action(
        "select.previous",
        "Select the number before",
        ("P",),
        lambda c: c.session.selector.select_previous(),
        "Select the number before it",
        "Edit",
    ),
    Action(
        "select.next_value",
        "Select the next value",
        ("Shift+N",),
        lambda c: c.session.selector.select_next_value(),
        "Go to the next value: input, target, weights, biases, and what was computed",
        "Edit",
    ),
    Action(
        "select.previous_value",
        "Select the value before",
        ("Shift+P",),
        lambda c: c.session.selector.select_next_value(-1),
        "Go to the value before it",
        "Edit",
    ),
)
