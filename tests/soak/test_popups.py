"""A menu that waits for an answer, as a walk meets it."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

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
