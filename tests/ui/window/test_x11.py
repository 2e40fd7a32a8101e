"""One run in a real X11 window with real key events, where Xvfb and xdotool are installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainrule.catalog.values import refs
from chainrule.model.files.storage import decode_experiment
from tests.x_server import XServer, is_available, x_server

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not is_available(), reason="needs Xvfb and xdotool")

# The window tells each cursor it comes to, so that the test waits for what happened and for nothing else.
PROGRAM = """
import sys
from chainrule.ui.app import make_application, open_window
application = make_application(["chainrule"])
window = open_window()
session = window.session
session.timeline
def tell():
    print(session.cursor.iteration, session.cursor.position, session.moment.written, flush=True)
session.signals.cursor_moved.connect(tell)
window.activateWindow()
print(application.platformName(), int(window.winId()), flush=True)
sys.exit(application.exec())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[XServer]:
    with x_server(tmp_path) as started:
        yield started


def test_a_newcomer_walks_through_an_iteration_and_back(server: XServer) -> None:
    environment = {**os.environ, "DISPLAY": server.name, "QT_QPA_PLATFORM": "xcb"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        platform, window = program.stdout.readline().split()
        assert platform == "xcb"

        def key(name: str, times: int = 1) -> list[str]:
            press = ["xdotool", "windowfocus", "--sync", window, "key", "--clearmodifiers"]
            subprocess.run([*press, *[name] * times], env=environment, check=True, timeout=60)
            return [program.stdout.readline().strip() for _ in range(times)]  # type: ignore[union-attr]

        forward = key("Right", 17)
        assert forward[0] == "0 1 layers.0.pre_activation"
        assert forward[4] == "0 5 loss"
        assert forward[11] == "0 12 layers.0.weight.grad"
        assert forward[16] == "0 17 layers.0.bias.next"
        assert key("Right") == ["1 0 None"]
        back = key("Left", 18)
        assert [line.split()[:2] for line in back] == [["0", str(place)] for place in range(17, -1, -1)]
        assert key("Return") == ["0 17 layers.0.bias.next"]
        assert key("BackSpace") == ["0 0 None"]
        subprocess.run(["xdotool", "key", "ctrl+q"], env=environment, check=True, timeout=60)
        assert program.wait(60) == 0


UNSAVED = """
import sys
from pathlib import Path
from chainrule.catalog.values import refs
from chainrule.session.files.recovery import Recovery
from chainrule.ui.app import make_application, open_window
application = make_application(["chainrule"])
window = open_window(unsaved=Path(sys.argv[1]))
window.session.timeline
window.findChild(Recovery).written.connect(lambda: print("written", flush=True))
window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
sys.exit(application.exec())
"""


def test_where_the_display_dies_the_work_is_offered_at_the_next_start(server: XServer, tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": server.name, "QT_QPA_PLATFORM": "xcb"}
    command = [sys.executable, "-c", UNSAVED, str(tmp_path)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "written\n"
        server.process.kill()
        # Qt ends the program, but not by an abort that the system would keep a picture of.
        assert program.wait(60) == 1
    (left,) = tmp_path.glob("*.unsaved")
    head, _, body = left.read_bytes().partition(b"\n")
    assert json.loads(head)["path"] is None
    assert decode_experiment(body).parameters[refs.weight(0)] == ((0.75, 0.2), (0.3, 0.4))
