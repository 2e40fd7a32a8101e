"""Plots and timeline are there before torch and pyqtgraph are."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.session.screen.change import Change
from chainrule.session.session import Session
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.timeline.bar import TimelineBar

experiment = Experiment(NetworkSpec(2, (LayerSpec(1),)), DataSpec(((1.0, 2.0),), ((1.0,),)),
                        optimizer=Choice("SGD", {"lr": 0.1}))
session, appearance = Session(experiment), Appearance()
views = [kind(session, appearance) for kind in (LossPlot, GradientPlot, TimelineBar)]
for view in views:
    view.show_moment(session.moment, Change.everything())
    view.grab()
heavy = lambda: [name for name in ("torch", "pyqtgraph", "numpy") if name in sys.modules]
print(heavy())
for view in views[:2]:
    view.populate()
print(heavy())
session.loader.close()
"""


def test_neither_torch_nor_pyqtgraph_is_imported_before_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "['pyqtgraph', 'numpy']"]
