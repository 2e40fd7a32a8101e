"""The File menu."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

# They take what is typed themselves, also where a menu of files or closing the window calls them.
FILE_ACTIONS = (
    Action(
        "file.new",
        "New…",
        ("Ctrl+N",),
        lambda c: c.files.new(),
        "Begin another experiment, with a network of the size that you choose",
        "File",
        takes=False,
    ),
    Action("file.open", "Open…", ("Ctrl+O",), lambda c: c.files.open(), "Open an experiment file", "File", takes=False),
    Action("file.save", "Save", ("Ctrl+S",), lambda c: c.files.save(), "Save the experiment", "File", takes=False),
    Action(
        "file.save_as",
        "Save as…",
        ("Ctrl+Shift+S",),
        lambda c: c.files.save_as(),
        "Save it under another name",
        "File",
        takes=False,
    ),
    Action(
        "file.save_trained",
        "Save with trained parameters…",
        (),
        lambda c: c.files.save_trained(),
        "Save the experiment with the parameters on the screen as its first ones",
        "File",
        takes=False,
    ),
    Action("file.quit", "Quit", ("Ctrl+Q",), lambda c: c.files.quit(), "Close the window", "File", takes=False),
)
