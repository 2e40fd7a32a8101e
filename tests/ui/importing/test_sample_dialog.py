"""File > Sample data: what is asked of each kind, and the page that it leads to."""

from __future__ import annotations

import pytest

from chainrule.ui.importing.page import ImportDialog
from chainrule.ui.importing.sample_dialog import SampleDialog
from chainrule.ui.window.main_window import MainWindow


@pytest.fixture
def dialog(window: MainWindow) -> SampleDialog:
    window.actions_by_id["file.sample_data"].trigger()
    found = window.findChild(SampleDialog)
    assert found is not None
    return found


def test_a_spiral_comes_on_the_page_and_can_be_trained(dialog: SampleDialog, window: MainWindow) -> None:
    dialog.kind.choose("Spiral")
    assert dialog.function.isHidden()
    dialog.rows.set_value(60)
    dialog.go_on.click()
    page = window.findChildren(ImportDialog)[-1]
    assert page._found.text() == "Spiral.csv: 60 rows, 3 columns"
    page.replace.click()
    experiment = window.session.experiment
    assert experiment.title == "Spiral"
    assert experiment.data.names.classes == ("A", "B")
    assert len(experiment.data.inputs) == 60


def test_a_curve_is_typed_and_what_is_wrong_is_said(dialog: SampleDialog, window: MainWindow) -> None:
    dialog.kind.choose("y = f(x)")
    assert not dialog.function.isHidden()
    dialog.function.set_value("sqrt(x)")
    dialog.go_on.click()
    assert "has no value at x =" in dialog._refusals.message
    dialog.function.set_value("x^2")
    dialog.go_on.click()
    page = window.findChildren(ImportDialog)[-1]
    assert "1 target" in page._words.text()
    page.close()


def test_a_gate_has_nothing_to_be_drawn(dialog: SampleDialog, window: MainWindow) -> None:
    dialog.kind.choose("XOR")
    assert all(field.isHidden() for field in (dialog.rows, dialog.noise, dialog.seed, dialog.function))
    dialog.go_on.click()
    window.findChildren(ImportDialog)[-1].replace.click()
    assert tuple(window.session.experiment.data.inputs) == ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    assert tuple(window.session.experiment.data.targets) == ((0.0,), (1.0,), (1.0,), (0.0,))
