"""What starting the window loads, and in which order."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


PAINTED = """
import sys
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from chainrule.ui.app import make_application, open_window

class Watch(QObject):
    loaded = None
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and self.loaded is None:
            self.loaded = [name for name in ("torch", "numpy", "pyqtgraph", "ziamath") if name in sys.modules]
        return False

application = make_application(["chainrule"])
watch = Watch()
application.installEventFilter(watch)
window = open_window()
while watch.loaded is None:
    application.processEvents()
print(watch.loaded, window.session.moment.number("layers.0.weight", (0, 1)))
"""


def test_the_window_is_painted_with_its_numbers_before_torch_is_imported() -> None:
    assert run(PAINTED + "window.session.timeline; window.close()") == "[] 0.2"


def test_what_is_not_seen_at_first_is_not_loaded_before_the_first_paint() -> None:
    code = """
names = ("chainrule.ui.help.window", "chainrule.ui.referee.panel", "chainrule.ui.state.view", "_hashlib",
         "chainrule.ui.plots.schedule_plot", "chainrule.ui.plots.classes_view", "chainrule.ui.learned.view",
         "chainrule.ui.circuit.circuit_layout")
print([name for name in names if name in sys.modules])
window.close()
"""
    assert run(PAINTED + code).endswith("[]")


def test_torch_loads_behind_the_window_by_itself() -> None:
    wait = "while not window.session.is_ready:\n    application.processEvents()\n"
    assert run(PAINTED + wait + "print(len(window.session.moment.steps)); window.close()").endswith("17")


def test_nothing_moves_when_the_engine_and_the_charts_arrive() -> None:
    code = """
views = [window.loss_plot, window.gradient_plot, window.tabs, window.experiment_panel, window.stage_panel,
         window.equation_view, window.timeline_bar, window.toolbar]
before = [view.geometry() for view in views]
from chainrule.ui.plots.chart.chart import Chart
while not all(plot.findChildren(Chart) for plot in views[:2]):
    application.processEvents()
application.processEvents()
print(window.session.is_ready, [view.objectName() for view, old in zip(views, before) if view.geometry() != old])
window.close()
"""
    assert run(PAINTED + "window.session.timeline\n" + code).endswith("True []")


def test_the_optimizers_of_torch_load_only_when_an_update_is_on_the_screen() -> None:
    code = """
window.session.timeline
for _ in range(13):
    window.session.navigator.step_forward()
window.referee.check()
# Some of torch's own functions load sympy, which held the window up for a quarter of a second.
print("torch._dynamo" in sys.modules, "sympy" in sys.modules, window.referee.verdict.agrees)
window.session.navigator.step_forward()
window.referee.check()
while not window.referee.compares_updates:
    application.processEvents()
window.referee.check()
print("torch._dynamo" in sys.modules, window.referee.verdict.agrees, window.referee.verdict.compared)
window.close()
"""
    lines = run(PAINTED + code).splitlines()

    assert lines[1:] == ["False False True", "True True 43"]


def test_a_window_that_is_dropped_while_torch_loads_ends_quietly() -> None:
    code = """
from PySide6.QtCore import QEvent
window.session.loader.load()
window.deleteLater()
application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
del window
print("ended")
"""
    assert run(PAINTED + code).endswith("ended")


def test_a_window_that_is_closed_while_torch_loads_ends_the_program_at_once() -> None:
    """Here the import never ends: only who does not wait for it comes to an end."""
    code = """
import threading
from PySide6.QtCore import QTimer
from chainrule.display import Display
from chainrule.session.background import module_loader
from chainrule.ui import app
begun = threading.Event()
def never(*modules):
    begun.set()
    threading.Event().wait()
module_loader.import_quietly = never
opened = app.open_window
def open_window(path, *kept):
    window = opened(path)
    look = QTimer(window)
    look.timeout.connect(lambda: begun.is_set() and window.close())
    look.start()
    print("opened")
    return window
app.open_window = open_window
app.run(None, Display(), lambda reason: 1)
print("not reached")
"""
    assert run(code) == "opened"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_calls_without_a_result_lose_no_reference_to_none() -> None:
    """PySide6 6.12.0 does, and aborts after some thousand calls."""
    code = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel()
before = sys.getrefcount(None)
for place in range(1000):
    label.setText(str(place))
print(abs(sys.getrefcount(None) - before) < 100)
"""
    assert run(code) == "True"


def test_the_window_is_made_without_readying_classes_that_it_does_not_use() -> None:
    """PySide readies all of them where it must find the class of a viewport that Qt has made by itself."""
    code = """
import enum
made, create = [], enum.EnumType._create_
def note(*arguments, **named):
    made.append(create(*arguments, **named))
    return made[-1]
enum.EnumType._create_ = note
from chainrule.ui.app import open_window
from PySide6.QtWidgets import QApplication
window = open_window()
QApplication.processEvents()
print([kind.__qualname__ for kind in made if kind.__qualname__.startswith(("QWizard", "QMdi", "QDockWidget"))])
window.close()
"""
    assert run(code) == "[]"
