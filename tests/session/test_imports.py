"""What importing the session loads, seen in a fresh interpreter: a window is painted before torch is there."""

from __future__ import annotations

import pkgutil

import pytest

import chainrule.session
from tests.session.programs import result_of

MODULES = sorted(module.name for module in pkgutil.iter_modules(chainrule.session.__path__))
HEAVY = ("torch", "numpy", "ziamath", "msgspec", "PySide6.QtWidgets", "pyqtgraph")
LOADED = f"result = [name for name in {HEAVY!r} if name in sys.modules]"


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_neither_torch_nor_widgets(module: str) -> None:
    assert result_of(f"import chainrule.session.{module}\n{LOADED}") == []


def test_a_session_can_be_looked_at_without_torch() -> None:
    program = f"""
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.session.explaining import explain_selection
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
application = QCoreApplication([])
session = Session(Experiment(NetworkSpec(1, (LayerSpec(1),)), DataSpec(((1.0,),), ((2.0,),))))
trainer = Trainer(session, session)
referee = Referee(session, trainer, session)
session.select("input", (0, 0))
assert session.moment.number("input", (0, 0)) == 1.0
assert session.moment.number("loss", ()) is None
assert explain_selection(session.moment).sentence.startswith("Loading PyTorch")
{LOADED}
"""
    assert result_of(program) == []
