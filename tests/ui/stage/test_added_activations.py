"""The stage of an activation that the table does not have: a place for each vector that it learns."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.ui.stage.layout.contents import StageContents
from tests.added_activations import added, experiment
from tests.ui.stage.bench import stage_bench


def test_a_neuron_has_a_row_for_each_vector() -> None:
    with added():
        contents = StageContents(check_experiment(experiment()), {})
        labels = [[slots[0].label for slots in row] for row in contents.rows(0, tall=True)]
        assert [row[0] for row in labels] == ["b", "→", "z", "γ", "→", "β", "→", "a"]
        gain, shift = (slots[0] for row in contents.rows(0) for slots in row[:1] if slots[0].label in ("γ", "β"))
        assert (gain.ref, gain.shape) == (refs.learned(0, "gain"), None)
        # All neurons show the one number that they share.
        assert (shift.ref, shift.shape) == (refs.learned(0, "shift"), (1,))
        columns = [slots[0].label for slots in contents.heat_slots(0)]
        assert columns == ["b", "z", "γ", "β", "a", "∂", "δ"]


def test_it_can_be_stepped_through(qapp: QApplication) -> None:
    with added():
        bench = stage_bench(check_experiment(experiment(3)))
        session = bench.session
        while session.cursor.iteration < 1:
            session.navigator.step_forward()
            bench.view.grab()
        assert session.moment.number(refs.learned(0, "gain"), (2,)) not in (None, 1.5)
        bench.close()
