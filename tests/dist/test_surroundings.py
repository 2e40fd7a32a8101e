"""Surroundings that are not as they should be: the commands and the window work all the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.resource_files import OPENING_EXAMPLE
from tests.dist import bundle
from tests.dist.screen import wait_for
from tests.dist.source import source_output
from tests.dist.system import HOME, Mount, System, owned
from tests.dist.windows import window_of

ODD = "/media/Klasse 7b – Übung ∂ 'x'"
NOWHERE = "/nowhere"
Change = Callable[[System, Path], System]


def variables(**named: str) -> Change:
    """Only the environment is another."""
    return lambda system, folder: system.with_environment(**named)


def odd_path(system: System, folder: Path) -> System:
    """A folder with spaces, quotes and letters that ASCII has not."""
    return replace(system.mounting(Mount(bundle.unpacked(), ODD)), program=f"{ODD}/chainrule")


def odd_path_and_locale(system: System, folder: Path) -> System:
    """The same where letters are known to be UTF-8."""
    return odd_path(system, folder).with_environment(LANG="C.UTF-8")


def link(system: System, folder: Path) -> System:
    """Started through a link from the search path."""
    os.symlink(system.program, folder / "chainrule")
    path = "/usr/local/bin"
    return replace(system.mounting(Mount(folder, path)), program="chainrule").with_environment(PATH=path)


def writable_bundle(system: System, folder: Path) -> System:
    """The bundle where its user may write."""
    return system.mounting(Mount(bundle.unpacked(), system.program.rpartition("/")[0], writable=True))


def read_only_home(system: System, folder: Path) -> System:
    """A home that nothing can be written to."""
    return system.mounting(Mount(folder, HOME)).with_environment(HOME=HOME)


SURROUNDINGS: dict[str, Change] = {
    "no HOME, and a user that no list has": lambda system, folder: system,
    "a home that is read-only": read_only_home,
    "a home that is not there": variables(HOME=NOWHERE),
    "a path with odd letters": odd_path,
    "a path with odd letters, in UTF-8": odd_path_and_locale,
    "a link": link,
    "a bundle that can be written to": writable_bundle,
    "a /tmp that is read-only": lambda system, folder: replace(system, writable_tmp=False),
    "no /dev/shm": lambda system, folder: replace(system, shared_memory=False),
    "a locale that is not installed": variables(LANG="de_DE.UTF-8", LC_ALL="de_DE.UTF-8"),
    "the locale POSIX": variables(LC_ALL="POSIX"),
    "a D-Bus that does not answer": variables(DBUS_SESSION_BUS_ADDRESS=f"unix:path={NOWHERE}"),
    "a desktop's settings": variables(
        XDG_CURRENT_DESKTOP="GNOME", QT_QPA_PLATFORMTHEME="gtk3", QT_STYLE_OVERRIDE="kvantum", QT_IM_MODULE="ibus"
    ),
    "another Qt and another Python": variables(
        QT_PLUGIN_PATH=NOWHERE, QT_QPA_PLATFORM_PLUGIN_PATH=NOWHERE, PYTHONPATH=NOWHERE, PYTHONHOME=NOWHERE
    ),
    "another folder of libraries": variables(LD_LIBRARY_PATH=NOWHERE),
    "a Wayland that does not answer": variables(XDG_SESSION_TYPE="wayland", WAYLAND_DISPLAY="wayland-0"),
}


@pytest.fixture(params=SURROUNDINGS)
def elsewhere(request: pytest.FixtureRequest, system: System, tmp_path: Path) -> System:
    """The system in one of these surroundings."""
    return SURROUNDINGS[request.param](system, owned(tmp_path / "more"))


def test_a_command_runs(elsewhere: System, experiments: str) -> None:
    done = elsewhere.run("train", f"{experiments}/{OPENING_EXAMPLE.name}", "--iterations", "3")
    status, expected = source_output("train", str(OPENING_EXAMPLE), "--iterations", "3")
    assert (done.returncode, done.stdout, done.stderr) == (status, expected, "")


def test_the_window_steps_and_closes(elsewhere: System, tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.mkdir()
    with window_of(elsewhere, picture) as window:
        window.first_step()
        status, said = window.quit()
    assert (status, "Traceback" in said) == (0, False), said


def test_what_cannot_be_saved_in_a_read_only_home_is_told(system: System, tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.mkdir()
    locked = read_only_home(system, owned(tmp_path / "more"))
    with window_of(locked, picture) as window:
        window.first_step()
        window.press("ctrl+r")
        wait_for("the mark of a change", lambda: "*" in window.title)
        window.press("ctrl+s")
        window.answer("Save an experiment", f"{HOME}/mine.chainrule")
        window.screen.settled()
        # Still marked as changed: the document was not lost, nor taken for saved.
        assert "*" in window.title
        window.press("Right")
        window.screen.settled()
        assert window.process.poll() is None


def test_files_may_have_any_name(system: System, home: Path, experiments: str, tmp_path: Path) -> None:
    name = "Übung ∂ “7b”.chainrule"
    (home / name).write_bytes(OPENING_EXAMPLE.read_bytes())
    done = system.run("train", f"{HOME}/{name}", "--iterations", "1", "--save", f"{HOME}/new {name}")
    assert (done.returncode, done.stderr) == (0, "")
    source_output("train", str(OPENING_EXAMPLE), "--iterations", "1", "--save", str(tmp_path / name))
    assert (home / f"new {name}").read_bytes() == (tmp_path / name).read_bytes()
    done = system.run("trace", f"{HOME}/Ü.chainrule")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":77"}, "the X server at DISPLAY=:77 does not answer or does not let us in"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "the compositor at WAYLAND_DISPLAY=wayland-0 does not answer"),
    ],
)
def test_without_a_display_it_says_so(system: System, named: dict[str, str], reason: str) -> None:
    done = system.with_environment(**named).run()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"No window can open here: {reason}")
