"""Two screens, as Qt's offscreen platform pretends to have them: the hall's and the lecturer's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.session.programs import LONG_S

PROGRAM = """
import json, sys
from PySide6.QtWidgets import QWidget
from chainrule.ui.app import make_application, open_window
application = make_application(["chainrule"])
window = open_window()
window.session.timeline
started = sorted(name for name in sys.modules if name.startswith(("chainrule.ui.hall", "chainrule.session.hall")))
window.actions_by_id["hall.open"].trigger()
hall = window.beside.hall

def heights():
    picture = hall.window.findChild(QWidget, "hall.picture")
    parts = (picture.heading, picture.canvas, picture.equation)
    application.processEvents()
    return [picture.height(), sum(part.height() for part in parts), parts[2].geometry().bottom() < picture.height()]

def told():
    return [hall.window.screen().name(), hall.lecturer.screen().name(), window.screen().name(), window.isVisible()]

first = told()
laid_out = heights()
hall.actions["hall.forward"].trigger()
next_sentence = hall.lecturer.notes.next.text()
hall.actions["hall.screen"].trigger()
second = told()
remembered = window.settings.settings.hall_screen
hall.lecturer.close()
left = [hall.is_open, [each.objectName() for each in application.topLevelWidgets() if each.isVisible()]]
window.session.file.mark_saved(None)
window.close()
print(json.dumps([started, first, next_sentence, second, remembered, left, laid_out]))
"""


def test_the_hall_takes_the_second_screen_and_the_lecturer_the_first(tmp_path: Path) -> None:
    screens = [
        {"name": "laptop", "x": 0, "y": 0, "width": 1280, "height": 800, "logicalDpi": 96, "dpr": 1},
        {"name": "projector", "x": 1280, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "dpr": 1},
    ]
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"screens": screens}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        timeout=LONG_S,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
    )
    assert done.returncode == 0, done.stderr
    started, first, following, second, remembered, left, laid_out = json.loads(done.stdout)
    # Nothing of it is loaded before somebody asks for it.
    assert started == []
    # All of the picture is on the screen from the first moment on.
    assert (laid_out[0], laid_out[2]) == (1080, True)
    assert 1060 <= laid_out[1] <= 1080
    assert first == ["projector", "laptop", "laptop", True]
    assert following.startswith("ReLU keeps a positive z")
    assert second == ["laptop", "projector", "laptop", True]
    assert remembered == "laptop"
    assert left == [False, ["main_window"]]
