"""Locks that keep training off what a layer's activation learns: one for each vector, by its name in words."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.catalog.activation import Learned
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LockButton


class LearnedLocks(QWidget):
    """The locks of one layer; hidden where its activation learns nothing."""

    freeze_asked = Signal(LockButton, str, bool)
    controls_changed = Signal()

    def __init__(self, index: int, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._index, self._appearance = index, appearance
        self._locks: dict[ValueRef, LockButton] = {}
        self._vectors: tuple[Learned, ...] = ()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.addStretch(1)
        self.hide()

    def controls(self) -> list[QWidget]:
        """Return the locks, in the order of the Tab key."""
        return list(self._locks.values())

    def show_layer(self, experiment: Experiment) -> None:
        """Show which vectors are frozen."""
        network = experiment.network
        refs_of = {name: refs.learned(self._index, name) for name in network.layers[self._index].learned}
        vectors = tuple(vector for ref in refs_of.values() if (vector := values_of(experiment)[ref].learned))
        if vectors != self._vectors:
            self._vectors = vectors
            self._make({refs_of[vector.name]: vector for vector in vectors})
        for ref, lock in self._locks.items():
            lock.setChecked(ref in experiment.frozen)
        self.setVisible(bool(vectors))

    def _make(self, wanted: dict[ValueRef, Learned]) -> None:
        for lock in self._locks.values():
            self._line.removeWidget(lock)
            lock.hide()
            lock.deleteLater()
        self._locks = {ref: self._lock(ref, vector) for ref, vector in wanted.items()}
        self.controls_changed.emit()

    def _lock(self, ref: ValueRef, vector: Learned) -> LockButton:
        tip = gettext(
            "Freeze the {plural} that the activation of layer {number} learns",
            plural=vector.plural,
            number=self._index + 1,
        )
        name = f"layer_freeze_{vector.word}_{self._index}"
        lock = LockButton(self._appearance, gettext("freeze {plural}", plural=vector.plural), tip, name, self)
        lock.clicked.connect(lambda frozen: self.freeze_asked.emit(lock, ref, frozen))
        self._line.addWidget(lock)
        return lock
