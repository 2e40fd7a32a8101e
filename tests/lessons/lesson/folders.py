"""Folders of lessons for tests: the example of the guide, and lessons with something changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from chainrule.resource_files import resources_directory

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "lessons.md"
NEURON = resources_directory() / "experiments" / "single-neuron.chainrule"
SIMPLE = """
title = "T"
experiment = "neuron.chainrule"

[[step]]
text = "Read."
"""


def guide_blocks(language: str) -> list[str]:
    """The blocks of the author's guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def lesson_folder(root: Path, text: str = SIMPLE, **files: str) -> Path:
    """Write a lesson about one neuron, and other files beside it by their names without an ending."""
    folder = root / "lesson"
    folder.mkdir(parents=True)
    shutil.copy(NEURON, folder / "neuron.chainrule")
    (folder / "lesson.toml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name.replace('_', '-')}.md").write_text(content, encoding="utf-8")
    return folder


def guide_lesson(root: Path) -> Path:
    """Write the lesson of the guide, as it stands there."""
    (text,) = guide_blocks("toml")
    (turn,) = guide_blocks("markdown")
    return lesson_folder(root, text, your_turn=turn)
