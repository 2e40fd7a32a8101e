"""What a lesson can hide of the window while one of its steps is on the screen."""

from __future__ import annotations

# Parts of the window, sections of the experiment at the left, and what stands in the tool bar, by the ids of actions.
PANES = ("experiment", "equation", "timeline")
SECTIONS = ("data", "network", "loss", "optimizer", "clipping", "scheduler")
TOOLS = (
    "run.restart",
    "step.back",
    "step.forward",
    "layer.next",
    "phase.next",
    "iteration.next",
    "run.toggle",
    "run.n",
    "step.size",
    "run.pace",
    "device",
    "dtype",
)
HIDABLE = (*PANES, *SECTIONS, *TOOLS)
