"""The layout of the moment on the screen, kept for as long as nothing changes on which it depends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSizeF
from PySide6.QtGui import QFontMetricsF, QPainter

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.explain.names.notation import Notation
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.layout.geometry import Items, Metrics, StageLayout
from chainrule.ui.stage.layout.network_layout import lay_out_stage
from chainrule.ui.stage.layout.places import chosen_neuron
from chainrule.ui.stage.layout.slots import UpdateSlotsByRef, update_slots
from chainrule.ui.stage.painting.heat import HeatImages
from chainrule.ui.stage.painting.layers import LayerPainter
from chainrule.ui.stage.painting.numbers import NARROWEST, SMALL
from chainrule.ui.stage.painting.painting import StagePainter
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program
    from chainrule.ui.circuit.circuit_layout import Circuit

# What a column and a neuron can fill at the normal text size: a stage larger than that would be empty.
COLUMN_WIDTH, NEURON_HEIGHT = 560.0, 620.0
# How much higher a card is with a picture in it.
PICTURE = 26.0
# No stage is larger than that, whatever is in it: painters are exact up to there.
MOST_WIDTH, MOST_HEIGHT = 400_000.0, 32_000.0


class StageLayouts:
    """Lays out layers of neurons, or a formula in their place, and gives what paints them.

    `made` counts the layouts that were made anew, `count` also those in which another neuron was chosen.
    """

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._layout: StageLayout | None = None
        self._key: object = None
        self._program: Program | None = None
        self._updates: UpdateSlotsByRef | None = None
        self._measured: tuple[object, Circuit] | None = None
        self.made = self.count = 0
        # Whether there is room in each neuron of an experiment for a small picture.
        self.has_pictures: Callable[[Experiment], bool] = lambda _: False

    def forget(self) -> None:
        """Lay out anew when it is next asked for."""
        self._layout = None

    def layout(self, moment: Moment, size: QSizeF) -> StageLayout:
        """Return where everything is on a stage that has so much room."""
        experiment = moment.experiment
        look = (size.toTuple(), moment.digits, self._appearance.scale, self.has_pictures(experiment))
        if moment.program is not self._program or self._updates is None:
            self._program, self._updates = moment.program, _updates(moment)
        # Another program with the same names is another learning rate.
        of = (experiment.network, experiment.frozen, experiment.loss, has_classes(experiment), self._updates)
        if self._layout is None or (of, experiment.data.names, look) != self._key:
            self._key = of, experiment.data.names, look
            self.made += 1
            self.count += 1
            self._layout = self._lay_out(moment, size)
        if self._layout.choose is not None:
            chosen = self._layout.choosing(chosen_neuron(moment))
            if chosen is not self._layout:
                self._layout = chosen
                self.count += 1
        return self._layout

    def largest(self, moment: Moment) -> QSizeF:
        """Return the size beyond which there is nothing more to be shown."""
        network, scale = moment.experiment.network, self._appearance.scale
        if network.formula:
            width, height = self._circuit(moment).largest.toTuple()
        else:
            units = max(network.inputs, *(layer.units for layer in network.layers))
            width, height = (len(network.layers) + 2) * COLUMN_WIDTH * scale, units * NEURON_HEIGHT * scale
        return QSizeF(min(width, MOST_WIDTH), min(height, MOST_HEIGHT))

    def wanted_height(self, moment: Moment) -> float:
        """Return how high the stage should be for what is drawn; 0 where that is the same for all."""
        return self._circuit(moment).wanted_height if moment.experiment.network.formula else 0.0

    def painters(
        self, moment: Moment, items: Items, layout: StageLayout, images: HeatImages
    ) -> Callable[[QPainter], LayerPainter]:
        """Return what paints these items of a layout with a painter."""
        if moment.experiment.network.formula:
            from chainrule.ui.circuit.painting import CircuitPainter  # noqa: PLC0415 - for formulas alone

            return lambda on: CircuitPainter(on, moment, items, layout.scale, self._appearance)
        return lambda on: StagePainter(on, moment, items, layout.scale, self._appearance, images)

    def _lay_out(self, moment: Moment, size: QSizeF) -> StageLayout:
        if moment.experiment.network.formula:
            return self._circuit(moment).layout(size)
        return lay_out_stage(moment.experiment, self._updates or {}, size, self._metrics(moment))

    def _circuit(self, moment: Moment) -> Circuit:
        """Return the picture of a formula; it is measured anew with another program, or other digits and letters."""
        key = (moment.experiment.network, moment.program, moment.digits, self._appearance.scale)
        if self._measured is None or self._measured[0] != key:
            from chainrule.ui.circuit.picture import picture_of  # noqa: PLC0415 - for formulas alone

            made = picture_of(moment, _updates(moment), self._metrics(moment), self._measure)
            self._measured = key, made
        return self._measured[1]

    def _metrics(self, moment: Moment) -> Metrics:
        scale = self._appearance.scale
        digits = 17 if moment.digits is None else moment.digits
        number = QFontMetricsF(self._appearance.font(SMALL / scale, mono=True, bold=True)).horizontalAdvance("0")
        # Names of a second hidden layer carry its number.
        name = 26.0 if len(moment.experiment.network.layers) <= 2 else 44.0
        # A power of ten has four more characters, in narrower letters.
        room = max(number * (digits + 3), number * (digits + 7) * NARROWEST / 100)
        has_pictures = self.has_pictures(moment.experiment)
        return Metrics(number=room + 1, name=name, zoom=scale, picture=PICTURE if has_pictures else 0.0)

    def _measure(self, text: str, letters: float) -> float:
        return QFontMetricsF(self._appearance.font(letters / self._appearance.scale, bold=True)).horizontalAdvance(text)


def _updates(moment: Moment) -> UpdateSlotsByRef:
    if moment.program is None:
        return {}
    return update_slots(moment.program, Notation.of(moment.experiment))
