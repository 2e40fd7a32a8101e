"""The window in the clean system, by keys alone, and what it leaves: pictures, titles and files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.ui.style.appearance import LIGHT
from tests.dist.screen import wait_for
from tests.dist.source import source_output
from tests.dist.system import HOME, System, given
from tests.dist.windows import window_of, window_of_the_source

MAZUR = OPENING_EXAMPLE.with_name("mazur-2-2-2.chainrule")
STEPS = 17


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Where the display keeps its picture."""
    folder = tmp_path / "picture"
    folder.mkdir()
    return folder


def trained(tmp_path: Path, experiment: Path, iterations: int) -> bytes:
    """What the source tree's `train --save` writes."""
    file = tmp_path / "expected.chainrule"
    source_output("train", str(experiment), "--iterations", str(iterations), "--save", str(file))
    return file.read_bytes()


def test_a_newcomer_walks_through_an_iteration_and_saves_it(
    system: System, home: Path, picture: Path, tmp_path: Path
) -> None:
    with window_of(system, picture) as window:
        assert window.title == "SimpleNN 2-2-1 - Chainrule"
        window.first_step()
        for color in (LIGHT.loss, LIGHT.backward, LIGHT.update):
            assert not window.screen.shows(color)
        window.press(*["Right"] * (STEPS - 1))
        for color in (LIGHT.loss, LIGHT.backward, LIGHT.update):
            wait_for("every phase on the timeline", lambda color=color: window.screen.shows(color))
        window.press("Right")
        wait_for("the next iteration", lambda: not window.screen.shows(LIGHT.forward))
        window.save_trained(f"{HOME}/trained.chainrule", home / "trained.chainrule")
        assert window.quit()[0] == 0
    assert (home / "trained.chainrule").read_bytes() == trained(tmp_path, OPENING_EXAMPLE, 1)


def test_it_opens_a_file_and_saves_what_was_changed(system: System, home: Path, picture: Path, tmp_path: Path) -> None:
    file = home / "Übung ∂.chainrule"
    file.write_bytes(MAZUR.read_bytes())
    given(file)
    with window_of(system, picture, f"{HOME}/{file.name}") as window:
        assert window.title == f"{file.name} - Chainrule"
        window.first_step()
        window.whole_iteration()
        window.save_trained(f"{HOME}/trained.chainrule", home / "trained.chainrule")
        window.press("ctrl+r")
        wait_for("the mark of a change", lambda: "*" in window.title)
        window.press("ctrl+s")
        wait_for("no mark of a change", lambda: "*" not in window.title)
        status, said = window.quit()
    assert (status, "Traceback" in said) == (0, False)
    assert (home / "trained.chainrule").read_bytes() == trained(tmp_path, MAZUR, 1)
    saved, before = json.loads(file.read_text()), json.loads(MAZUR.read_text())
    assert saved["initialization"]["seed"] != before["initialization"]["seed"]
    assert saved["data"] == before["data"]


def test_a_file_that_is_broken_is_told_in_the_window(system: System, home: Path, picture: Path) -> None:
    (home / "broken.chainrule").write_text("{")
    with window_of(system, picture, f"{HOME}/broken.chainrule") as window:
        assert window.title == "SimpleNN 2-2-1 - Chainrule"
        window.first_step()
        assert window.quit()[0] == 0


def test_it_trains_until_it_is_paused(system: System, home: Path, picture: Path) -> None:
    with window_of(system, picture) as window:
        window.first_step()
        window.press("space")
        window.trains()
        window.press("space")
        window.screen.settled()
        window.save_trained(f"{HOME}/trained.chainrule", home / "trained.chainrule")
        assert window.quit()[0] == 0
    saved, before = json.loads((home / "trained.chainrule").read_text()), json.loads(OPENING_EXAMPLE.read_text())
    assert saved["parameters"] != before["parameters"]


def test_its_picture_is_that_of_the_source_tree(system: System, home: Path, picture: Path, tmp_path: Path) -> None:
    """Pixel by pixel, where neither has a font, an icon or a setting but its own."""
    other = tmp_path / "other picture"
    other.mkdir()
    with window_of(system, picture) as ours, window_of_the_source(other, home) as source:
        for window in (ours, source):
            window.first_step()
            window.press(*["Right"] * 8)
        for window in (ours, source):
            wait_for("the backward pass", lambda window=window: window.screen.shows(LIGHT.backward, 3000))
        wait_for("the same picture", lambda: np.array_equal(ours.screen.settled(), source.screen.settled()))
