"""A menu that waits for an answer, and a dialog that is filled in, as a walk meets them."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QMenu, QPushButton
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from tests.soak.carried import fill_in
from tests.soak.popups import answered_popups


@pytest.mark.qt_log_ignore("This plugin does not support grabbing", extend=True)
def test_a_menu_that_waits_is_answered(qtbot: QtBot) -> None:
    chosen, menu = [], QMenu()
    qtbot.addWidget(menu)
    for name in "abc":
        menu.addAction(name, lambda name=name: chosen.append(name))
    # Where nobody answers, the test fails instead of waiting for ever.
    late: list[bool] = []
    patience = QTimer(menu)
    patience.timeout.connect(lambda: (late.append(True), menu.close()))
    patience.start(10_000)
    for seed in range(12):
        with answered_popups(random.Random(seed)):
            menu.exec()
    assert not late
    # Some with an entry, some with none.
    assert 0 < len(chosen) < 12


@pytest.mark.usefixtures("qapp")
def test_a_dialog_may_be_gone_while_it_is_filled_in() -> None:
    gone = []
    for seed in range(12):
        dialog = QDialog()
        button = QPushButton(dialog)
        # As a key in a field does, which ends a dialog that is deleted then.
        button.clicked.connect(lambda _, dialog=dialog: QTimer.singleShot(0, lambda: delete(dialog)))
        dialog.show()
        fill_in(dialog, random.Random(seed))
        gone.append(not isValid(dialog))
        if isValid(dialog):
            delete(dialog)
    assert any(gone)
