"""An iteration as an animation: a frame for each micro-step, the last as the stage is at the end, at its pace."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.session.screen.walking import moments_of_iteration
from chainrule.ui.pictures.animation_dialog import AnimationDialog
from chainrule.ui.pictures.formats import as_image
from chainrule.ui.pictures.frames import AnimationChoice
from chainrule.ui.pictures.subjects import Look
from chainrule.ui.style.appearance import DARK, LIGHT
from chainrule.ui.window.main_window import MainWindow
from tests.ui.pictures.seen import furthest, has_color

SIZE = QSize(700, 420)
# GIF has 256 colours a frame.
COLORS_LOST = 64


def image_of(frame: Image.Image) -> QImage:
    frame = frame.convert("RGBA")
    return QImage(frame.tobytes(), *frame.size, QImage.Format.Format_RGBA8888).copy()


def choice(subject: str, name: str, *, seconds: float = 1.5, is_dark: bool = False) -> AnimationChoice:
    return AnimationChoice(subject, Look(is_dark, SIZE), name, 1, seconds)


def written(window: MainWindow, qtbot: QtBot, what: AnimationChoice, path: Path) -> None:
    window.pictures.animations.save_to(what, path)
    qtbot.waitUntil(lambda: window.pictures.animations.progress is None, timeout=60_000)
    assert window.notice.text == f"Animation saved as {path.name}."


@pytest.fixture
def begun(window: MainWindow) -> MainWindow:
    """In the middle of the third iteration."""
    for _ in range(2):
        window.actions_by_id["iteration.next"].trigger()
    for _ in range(5):
        window.actions_by_id["step.forward"].trigger()
    return window


def test_moments_are_those_that_the_steps_show(begun: MainWindow) -> None:
    moments = list(moments_of_iteration(begun.session.moment))
    assert [each.cursor.position for each in moments] == list(range(1, len(begun.session.moment.steps) + 1))
    here = moments[begun.session.cursor.position - 1]
    assert (here.cursor, here.selection) == (begun.session.moment.cursor, begun.session.selection)


@pytest.mark.parametrize("is_dark", [False, True])
def test_a_gif_has_a_frame_for_each_micro_step(begun: MainWindow, qtbot: QtBot, tmp_path: Path, is_dark: bool) -> None:
    window, path, moment = begun, tmp_path / "mine.gif", begun.session.moment
    what = choice("stage", "GIF", seconds=0.5, is_dark=is_dark)
    written(window, qtbot, what, path)
    # What is on the screen has stayed there.
    assert window.session.moment is moment
    theme = DARK if is_dark else LIGHT
    with Image.open(path) as gif:
        frames = [(frame.info["duration"], image_of(frame)) for frame in ImageSequence.Iterator(gif)]
        assert gif.info["loop"] == 0
    assert len(frames) == len(moment.steps)
    assert {pace for pace, _ in frames} == {500}
    phases = [step.phase.value for step in moment.steps]
    for phase in ("forward", "loss", "backward", "update"):
        assert has_color(frames[phases.index(phase)][1], getattr(theme, phase), near=60), phase
    subject = next(each for each in window.pictures.subjects() if each.id == "stage")
    *_, last = moments_of_iteration(moment)
    with window.pictures.maker.picture(subject, what.look, last) as picture:
        assert furthest(frames[-1][1], as_image(picture, 1, window.pictures.maker.ground(what.look))) <= COLORS_LOST


def test_frames_with_equations_are_of_one_size(begun: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mine.gif"
    written(begun, qtbot, choice("stage_and_equation", "GIF"), path)
    with Image.open(path) as gif:
        assert gif.size == (SIZE.width(), SIZE.height()) or gif.size[1] > SIZE.height()
        assert gif.n_frames == len(begun.session.moment.steps)  # type: ignore[attr-defined]


@pytest.mark.skipif(not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="no ffmpeg on this machine")
def test_a_video_lasts_as_long_as_its_micro_steps(begun: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mine.mp4"
    written(begun, qtbot, choice("stage", "MP4", seconds=0.5), path)
    asked = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    stream = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)["streams"][0]
    assert (stream["width"], stream["height"]) == (700, 420)
    assert float(stream["duration"]) == pytest.approx(0.5 * len(begun.session.moment.steps), abs=0.1)


def test_what_ffmpeg_says_is_told(
    begun: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\ncat >/dev/null\necho no such codec >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    path = tmp_path / "mine.mp4"
    begun.pictures.animations.save_to(choice("stage", "MP4"), path)
    qtbot.waitUntil(lambda: begun.pictures.animations.progress is None, timeout=60_000)
    assert begun.notice.text == "mine.mp4 was not saved: ffmpeg failed: no such codec."
    assert not path.exists()


def test_it_can_be_given_up_and_leaves_nothing(begun: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    animations = begun.pictures.animations
    animations.save_to(choice("stage_and_equation", "GIF"), tmp_path / "mine.gif")
    progress = animations.progress
    assert progress is not None
    qtbot.waitUntil(lambda: progress.value() > 0)
    progress.findChildren(QPushButton)[0].click()
    assert begun.notice.text == "The animation was given up: nothing was written."
    assert not list(tmp_path.iterdir())
    assert animations.progress is None


def test_it_is_asked_for_by_the_menu(begun: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    begun.actions_by_id["picture.animate"].trigger()
    dialog = begun.findChild(AnimationDialog, "animation.dialog")
    assert isinstance(dialog, AnimationDialog)
    dialog.pace.choose("3 s")
    dialog.size_field.choose("half a slide")
    dialog.save_button.click()
    chooser = next(each for each in begun.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    assert chooser.selectedFiles()[0].endswith("SimpleNN 2-2-1 iteration 2.gif")
    path = tmp_path / "slide.gif"
    chooser.setDirectory(str(tmp_path))
    chooser.selectFile(path.name)
    chooser.accept()
    qtbot.waitUntil(lambda: begun.notice.text == "Animation saved as slide.gif.", timeout=60_000)
    with Image.open(path) as gif:
        assert gif.size == (640, 480)
        assert gif.info["duration"] == 3000
