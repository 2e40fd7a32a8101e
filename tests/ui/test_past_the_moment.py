"""Views draw moments: of the session they know its moment, its signals, and what they ask it to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule.ui

UI = Path(chainrule.ui.__file__).parent
# These act on the session, and draw nothing of a moment: files, actions, questions, and the window around the views.
NO_VIEWS = {
    "app",
    "main_window",
    "beside",
    "commands",
    "files",
    "saving",
    "recovering",
    "remembering",
    "faults",
    "notices",
    *("action", "action_set", "board_actions", "edit_actions", "file_actions", "help_actions", "step_actions"),
    "view_actions",
    *("counts", "iterations", "popover"),
    *("choosing", "exporting", "sharing", "script_import", "weight_import", "data_import", "pictures", "menus"),
}
# What a view may ask the session's parts for: to move, to look elsewhere, and to edit; and what it needs for that.
INTENTS = {
    "navigator": {"go_to", "set_by_number"},
    "selector": {"select", "show_row", "show_sample"},
    "editor": {"edit", "relabel", "set_title", "tried", "repairs", "repairs_of", "initial_values"},
    "number_editor": {"edit_number", "set_parameters", "clear_override"},
    "training_start": {"forget_start"},
    "runs": {"toggle", "pin", "keep", "remove", "rename", "show", "use_settings", "bring_back"},
    # What is dragged is one entry.
    "undo_stack": {"merged", "merging", "take_out"},
}
SESSION, COURSE = ("session", "_session"), ("course", "_course")
ALLOWED = {*INTENTS, "moment", "signals", "setParent"}


def name_of(node: ast.expr) -> str:
    """The last name of `self._session` and the like."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def reaches(source: str) -> Iterator[str]:
    """What of a session, or behind the course of a moment, a module reads that it may not."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute):
            continue
        owner, whole = name_of(node.value), node.value.value if isinstance(node.value, ast.Attribute) else None
        is_past = owner in SESSION and node.attr not in ALLOWED
        is_of_part = whole is not None and name_of(whole) in SESSION and owner in INTENTS
        is_state = is_of_part and node.attr not in INTENTS[owner]
        if is_past or is_state or (owner in COURSE and node.attr in ("document", "timeline")):
            yield f"{node.lineno}: {owner}.{node.attr}"


MODULES = sorted(path for path in UI.rglob("*.py") if path.stem not in NO_VIEWS)


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(UI)) for path in MODULES])
def test_a_view_reads_no_state_of_the_session_but_its_moment(path: Path) -> None:
    assert list(reaches(path.read_text(encoding="utf-8"))) == []


def test_every_module_that_draws_is_looked_at() -> None:
    drawing = {path.stem for path in UI.rglob("*.py") if "def show_moment(" in path.read_text(encoding="utf-8")}
    assert drawing
    assert drawing & NO_VIEWS == set()


@pytest.mark.parametrize(
    "source",
    [
        "self._session.document",
        "session.timeline.losses()",
        "first = self.session.horizon",
        "view.session.is_ready",
        "self._moment.course.timeline",
        "session.selection",
        "self._session.navigator.by_number",
    ],
)
def test_a_reach_past_the_moment_is_found(source: str) -> None:
    assert len(list(reaches(source))) == 1
