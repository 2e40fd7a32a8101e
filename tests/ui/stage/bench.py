"""The stage on the bench, as both of its tests have it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.session import Session
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.refusal import Refusals
from tests.ui.plots.view_bench import ViewBench


def stage_bench(experiment: Experiment) -> ViewBench[StagePanel]:
    """The stage of an experiment, ready to compute."""
    return ViewBench(_panel, experiment, (720, 400), ready=True)


def _panel(session: Session, appearance: Appearance) -> StagePanel:
    holder = QWidget()
    found = StagePanel(session, appearance, Refusals(appearance, holder))
    holder.setParent(found)
    return found
