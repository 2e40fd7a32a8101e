"""The Edit menu: undo, the selected number, and which one that is."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

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
)
