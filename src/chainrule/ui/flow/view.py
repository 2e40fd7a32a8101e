"""Do gradients vanish: the layers over the iterations, what their units answer now, and where the gradient stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QSize, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.values import refs
from chainrule.explain.names.notation import Notation
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.flow import WEIGHT_GRAD, Z_GRAD, A, Flow, Z, flow_of, place_of_finding, ref_of
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.flow.curves import GRADIENTS, UPDATES, LayerCurves
from chainrule.ui.flow.histograms import LayerColumn, LayerHistograms
from chainrule.ui.flow.warnings import FlowWarnings
from chainrule.ui.flow.words import activation_name, layer_name, share_in_short, slopes_in_words
from chainrule.ui.numbers.copying import CopiedCell, copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import curve_color, curve_mark
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.scroll_area import SlimScrollArea

if TYPE_CHECKING:
    from chainrule.model.flow.gradient_troubles import LayerFinding

# The rows of histograms: what is counted, what it is called, and whether its axis is of powers of ten.
ROWS = (
    (Z, "z", False),
    (A, "a", False),
    (Z_GRAD, "|∂L/∂z|", True),
    (WEIGHT_GRAD, "|∂L/∂W|", True),
)
VALUES = gettext_noop("values")
PAGES = {
    GRADIENTS: gettext_noop("The norm of the gradient of each layer's weights, by iteration"),
    UPDATES: gettext_noop("How much an update moves each layer's weights, as a part of their size, by iteration"),
    VALUES: gettext_noop("How often z, a and the gradients have which size in this iteration, layer by layer"),
}
# Troubles that are seen in a layer's shares.
OF_UNITS = ("dead", "saturated")
NOT_READY = gettext_noop("The layers appear once the engine is loaded")
# So high, at text size 1, both kinds of curves and the histograms have room together.
HIGH, WIDE = 460, 560
# What is new is read so long after it came, and what takes long so many times later; at most the last.
IDLE_MS, MOST_MS, PAUSE = 20, 1000, 4


class FlowView(MomentCard):
    """Shows one of its three pictures, or all where it is large."""

    shows = (
        Change.EXPERIMENT
        | Change.NETWORK
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.ITERATION
        | Change.MICRO_STEP
        | Change.SELECTION
        | Change.DIGITS
        | Change.COURSE
    )
    about_to_move = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("flow_view")
        self.setAccessibleName(gettext("Flow of the gradient"))
        self._session, self._moment = session, session.moment
        self.flow: Flow | None = None
        self._read_of: object = None
        self._make_toggles()
        self.warnings = FlowWarnings(appearance, self._go, self)
        self.said = Label(appearance, gettext(NOT_READY), self, size=SMALL, color="muted")
        self.said.setObjectName("flow_view.said")
        self.said.setWordWrap(True)
        self.legend = Legend(appearance, self, most_lines=1)
        self.curves = {kind: LayerCurves(session, appearance, kind, self) for kind in (GRADIENTS, UPDATES)}
        for curves in self.curves.values():
            curves.picked.connect(self._pick_weights)
            curves.about_to_move.connect(self.about_to_move)
        self.histograms = LayerHistograms(appearance, self._tell, self)
        self.histograms.picked.connect(self._pick_value)
        self.histograms.copy_requested.connect(self._copy)
        self.area = SlimScrollArea(appearance, self)
        self.area.setWidget(self.histograms)
        self.histograms.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        self._arrange()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.read)
        self.slicer = TimeSlicer(self)
        self.slicer.finished.connect(self._show)
        self._clock = QElapsedTimer()
        appearance.changed.connect(self._show)
        self.setMinimumSize(180, 150)
        self._show_pages()

    def _make_toggles(self) -> None:
        self._group, self.toggles = QButtonGroup(self), dict[str, Toggle]()
        for page, tip in PAGES.items():
            toggle = Toggle(self.appearance, gettext(page), self)
            toggle.setObjectName(f"flow_view.page.{page}")
            toggle.setAccessibleName(gettext("Flow: {page}", page=page))
            toggle.setToolTip(plain_tip(gettext(tip)))
            toggle.clicked.connect(self._show_pages)
            self._group.addButton(toggle)
            self.toggles[page] = toggle
        self.toggles[GRADIENTS].setChecked(True)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 4, 11, 7)
        column.setSpacing(3)
        row = QHBoxLayout()
        row.setSpacing(6)
        for toggle in self.toggles.values():
            row.addWidget(toggle)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.warnings)
        column.addWidget(self.legend)
        column.addWidget(self.said)
        self._charts = QWidget(self)
        side_by_side = QHBoxLayout(self._charts)
        side_by_side.setContentsMargins(0, 0, 0, 0)
        side_by_side.setSpacing(12)
        for curves in self.curves.values():
            side_by_side.addWidget(curves, 1)
        column.addWidget(self._charts, 1)
        column.addWidget(self.area, 1)

    def minimumSizeHint(self) -> QSize:
        """Return as much as any view of the board needs: what has no room in it is cut off."""
        return self.minimumSize()

    # Which picture

    @property
    def is_large(self) -> bool:
        """Whether all have room together."""
        size = self.appearance.size
        return self.height() >= size(HIGH) and self.width() >= size(WIDE)

    @property
    def pages(self) -> tuple[str, ...]:
        """The pictures that are in sight."""
        if self.is_large:
            return tuple(PAGES)
        return tuple(page for page, toggle in self.toggles.items() if toggle.isChecked())

    def _show_pages(self) -> None:
        pages = self.pages
        for page, toggle in self.toggles.items():
            toggle.setVisible(not self.is_large)
            (self.area if page == VALUES else self.curves[page]).setVisible(page in pages)
        for curves in self.curves.values():
            # The switch says what they are where they are alone.
            curves.header.setVisible(self.is_large)
        self._charts.setVisible(pages != (VALUES,))
        self.warnings.show_flow(self.flow, whole=self.is_large)
        self.legend.setVisible(bool(self.legend.entries) and pages != (VALUES,))
        if self._moment.is_ready:
            self._show_curves()
        self._follow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show all that there is room for."""
        super().resizeEvent(event)
        self._show_pages()

    def look_like(self, other: FlowView) -> None:
        """Read all at once, for a picture."""
        self.read_whole()

    # What is read

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Read a moment when nothing else is to be done."""
        self._moment = moment
        if change & (Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM):
            # What was read may be of layers that are no longer there.
            self.slicer.cancel()
            self.flow = self._read_of = None
        if moment.is_ready:
            self._show_curves()
        if change & (Change.SELECTION | Change.DIGITS) and self.flow is not None:
            self._show_columns()
        self._follow()
        self.redrawn.emit()

    def _wanted(self) -> object:
        moment = self._moment
        return moment.numbers, moment.cursor, VALUES in self.pages, moment.course.segments

    def _follow(self) -> None:
        if not self._moment.is_ready or not self.isVisible() or self._timer.isActive() or self.slicer.is_active:
            return
        if self._wanted() != self._read_of:
            self._timer.start(IDLE_MS)

    def read(self) -> None:
        """Begin to read what is on the screen; what is short is then done."""
        self._timer.stop()
        if not self._moment.is_ready:
            return
        self._read_of = self._wanted()
        self._clock.start()
        self.slicer.start(self._reading(self._moment), at_once=True)

    def read_whole(self) -> None:
        """Read all of it before anything else is done."""
        self.slicer.cancel()
        if self._moment.is_ready:
            self._read_of = self._wanted()
            for _ in self._reading(self._moment):
                pass
            self._show()

    def _reading(self, moment: Moment) -> Iterator[None]:
        kinds = tuple(kind for kind, _, _ in ROWS) if VALUES in self.pages else ()
        for found in flow_of(moment, kinds):
            if found is not None:
                self.flow = found
            yield

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()
        if self.slicer.is_active:
            self.slicer.cancel()
            self._read_of = None

    def showEvent(self, event: QShowEvent) -> None:
        """Read what was new when it went out of sight."""
        super().showEvent(event)
        self._follow()

    # What is shown

    def _show(self) -> None:
        """Show what was read, and go on with what has come meanwhile."""
        if self._moment.is_ready:
            self._show_curves()
        self.warnings.show_flow(self.flow, whole=self.is_large)
        self._show_columns()
        self.redrawn.emit()
        if self.isVisible() and self._wanted() != self._read_of and not self._timer.isActive():
            self._timer.start(max(IDLE_MS, min(MOST_MS, PAUSE * self._clock.elapsed())))

    @property
    def selected(self) -> int | None:
        """The layer of the selected number."""
        selection = self._moment.selection
        value = None if selection is None else self._moment.value(selection.ref)
        return None if value is None else value.owner.layer if value.layer is None else value.layer

    def _show_curves(self) -> None:
        steps, start, norms, ratios = self._moment.course.layer_steps()
        for kind, values in ((GRADIENTS, norms), (UPDATES, engine().layer_steps.known_rows(ratios))):
            if kind in self.pages:
                self.curves[kind].show_steps(self._moment, steps.layers, start, values, self.selected)
        self.legend.set_entries(
            tuple(
                LegendEntry(layer_name(layer), curve_color(self.appearance, layer, 0, 1), curve_mark(layer))
                for layer in steps.layers
            )
        )
        self.legend.setVisible(bool(self.legend.entries) and self.pages != (VALUES,))

    def _show_columns(self) -> None:
        flow, experiment = self.flow, self._moment.experiment
        self._say(flow)
        if flow is None or not flow.histograms:
            self.histograms.show_columns((), ())
            return
        troubled = {finding.layer for finding in flow.findings if finding.trouble.value in OF_UNITS}
        wrong = {finding.layer for finding in flow.findings}
        columns = tuple(
            LayerColumn(
                f"⚠ {layer_name(layer)}" if layer in wrong else layer_name(layer),
                (activation_name(experiment, layer), *share_in_short(reading.slopes)),
                layer in troubled,
                tuple(flow.histograms[kind][layer] for kind, _, _ in ROWS),
            )
            for layer, reading in enumerate(flow.readings)
        )
        self.histograms.show_columns(columns, tuple((name, is_log) for _, name, is_log in ROWS))

    def _say(self, flow: Flow | None) -> None:
        """Say what is not seen in the pictures: that not all rows are looked at, or that the cursor is at the start."""
        text = "" if self._moment.is_ready else gettext(NOT_READY)
        if flow is not None and VALUES in self.pages:
            if flow.rows < flow.all_rows:
                text = f"Of {flow.all_rows:,} rows {flow.rows:,} are counted, at even distances."
            elif all(reading.slopes is None for reading in flow.readings):
                text = gettext("Step on: z and a of this iteration are not computed yet.")
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def _tell(self, layer: int, row: int | None) -> str:
        """Return the words of a layer, and of one of its histograms."""
        if self.flow is None or layer >= len(self.flow.readings):
            return ""
        experiment = self._moment.experiment
        couples = ACTIVATIONS[experiment.network.layers[layer].activation.name].couples_units
        heading = f"{layer_name(layer)}, {activation_name(experiment, layer)}"
        if row is None:
            return f"{heading}\n{slopes_in_words(self.flow.readings[layer].slopes, couples=couples)}"
        kind, _, _ = ROWS[row]
        found, name = self.flow.histograms[kind][layer], Notation.of(experiment).title_of(ref_of(kind, layer))
        if found is None:
            return f"{heading}\n{name}: not computed yet"
        some = f"{found.looked_at:,} of {found.total:,}" if found.looked_at < found.total else f"{found.total:,}"
        return f"{heading}\n{name}: {some} numbers, at most {max(found.counts):,} in a bar"

    # What one does here

    def _pick_weights(self, layer: int) -> None:
        self._session.selector.select(refs.grad(refs.weight(layer)), (0, 0))

    def _pick_value(self, layer: int, row: int) -> None:
        kind, _, _ = ROWS[row]
        ref = ref_of(kind, layer)
        self._session.selector.select(ref, self._moment.element_at(ref))

    def _go(self, finding: LayerFinding) -> None:
        """Go to the micro-step that computes what a finding is about, and select it there."""
        self.about_to_move.emit()
        cursor, ref, index = place_of_finding(self._moment, finding)
        self._session.navigator.go_to(cursor, follow=False)
        self._session.selector.select(ref, index)

    def _copy(self) -> None:
        """Put the counts on the clipboard: a row for each layer and kind of number."""
        if self.flow is not None:
            copy_rows(self._counts(), self._session.signals.informed.emit)

    def _counts(self) -> list[tuple[CopiedCell, ...]]:
        found = {} if self.flow is None else self.flow.histograms
        return [
            (layer_name(layer), name, each.low, each.high, *map(float, each.counts))
            for kind, name, _ in ROWS
            for layer, each in enumerate(found.get(kind, ()))
            if each is not None
        ]

    def numbers(self) -> NumbersTable | None:
        """Return the curves that are in sight by iteration, or the counts of the histograms where these are alone."""
        if not self._moment.is_ready:
            return None
        if self.pages == (VALUES,):
            counts = self._counts()
            bars = tuple(f"bar {place + 1}" for place in range(len(counts[0]) - 4)) if counts else ()
            return NumbersTable.of_rows([("layer", "numbers", "lowest", "highest", *bars), *counts] if counts else ())
        steps, start, norms, ratios = self._moment.course.layer_steps()
        names = {GRADIENTS: "‖gradient‖", UPDATES: "‖update‖ / ‖weight‖"}
        found = {GRADIENTS: norms, UPDATES: ratios}
        pages = [page for page in found if page in self.pages]
        # Long series of other widths are thinned out otherwise.
        if not np.array_equal(norms.begins, ratios.begins):
            del pages[1:]
        whole = found[pages[0]] if len(pages) == 1 else norms.beside(norms, ratios)
        heads = [f"{names[page]}, {layer_name(layer)}" for page in pages for layer in steps.layers]
        return NumbersTable.of_outline(start, heads, whole)
