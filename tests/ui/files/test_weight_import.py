"""File > Import weights: training starts from them; undo gives back what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.ui.window.main_window import MainWindow


def test_weights_are_taken_and_given_back_by_undo(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "w.pt"
    torch.save({"0.weight": torch.full((2, 2), 0.25), "2.weight": torch.ones(1, 2)}, path)
    before = window.session.experiment
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["file.import_weights"].trigger()
    dialog = window.findChild(QFileDialog, "weights.dialog")
    assert dialog is not None
    with qtbot.waitSignal(window.session.signals.informed) as told:
        dialog.fileSelected.emit(str(path))
    dialog.close()
    assert told.args == [
        "Training starts from the weights of w.pt. The file has nothing for layers.0.bias, layers.1.bias."
    ]
    assert window.session.experiment.parameters[refs.weight(0)] == ((0.25, 0.25), (0.25, 0.25))
    assert window.session.experiment.parameters[refs.weight(1)] == ((1.0, 1.0),)
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.experiment == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no archive", "this is no file of torch.save, or one from before PyTorch 1.6"),
        (b"", "this is no file of torch.save, or one from before PyTorch 1.6"),
    ],
)
def test_what_cannot_be_taken_is_told(
    content: bytes, why: str, window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(content)
    before = window.session.experiment
    with qtbot.waitSignal(window.session.signals.noticed) as told:
        window.files.scripts.weights.open_path(path)
    assert told.args[0].startswith(f"The weights of w.pt were not taken: {why}")
    assert window.session.experiment == before
