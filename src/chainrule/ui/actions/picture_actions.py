"""Of the File menu: pictures of what the window shows."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

PICTURE_ACTIONS = (
    Action(
        "picture.export",
        "Export picture…",
        ("Ctrl+Shift+E",),
        lambda c: c.pictures.export(),
        "Copy or save a picture of the network, the equation, its derivation, a plot or a tab: PNG, SVG or PDF",
        "File",
    ),
    Action(
        "picture.animate",
        "Export animation…",
        (),
        lambda c: c.pictures.animate(),
        "Write the iteration on the screen as an animation, a GIF or a video, micro-step by micro-step",
        "File",
    ),
    Action(
        "picture.copy",
        "Copy picture",
        ("Ctrl+Shift+C",),
        lambda c: c.pictures.copy_focused(),
        "Copy a picture of the part of the window that has the keyboard: the network, the equation, a plot or a tab",
        "File",
    ),
    Action(
        "file.print",
        "Print…",
        ("Ctrl+P",),
        lambda c: c.pictures.print_pages(),
        "Print the network with its equation, and the derivation; or the plot or tab that has the keyboard",
        "File",
    ),
)
