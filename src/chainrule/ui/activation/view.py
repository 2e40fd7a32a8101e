"""What does f do? The activation of a neuron and its derivative, with each sample's z on both."""

from __future__ import annotations

from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_count, format_short
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.neurons import NeuronFunction, neuron_function
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.activation.chart import KINK, ActivationChart, ActivationPicture
from chainrule.ui.activation.words import function_in_words, place_on_curve, said_of, table_of_samples
from chainrule.ui.numbers.copying import copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.stage.layout.places import chosen_neuron
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import plain_tip

# A view that is less high has no legend, and says less: there is the curve first.
ROOMY = 270
NOT_READY = gettext_noop("The activation appears once the engine is loaded")
TOO_LARGE = gettext_noop("The numbers are too large to be drawn")
TIP = gettext_noop(
    "How a comes of z, and how steep that is: so much of the gradient passes. Each dot is a sample of the\n"
    "batch, the large one that on the stage; click another one to see it there. The bars between are how many samples\n"
    "have their z there. Rest the mouse on a place for its numbers. Click a neuron on the stage to see its own"
)


class ActivationView(MomentCard):
    """Follows the selected neuron, and without one that of the micro-step."""

    shows = (
        Change.EXPERIMENT
        | Change.NETWORK
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.BY_HAND
        | Change.MICRO_STEP
        | Change.SELECTION
        | Change.SAMPLE
        | Change.ROWS
        | Change.DIGITS
    )

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("activation_view")
        self._session, self._moment = session, session.moment
        self._function: NeuronFunction | None = None
        # A picture has a title.
        self.header = PlotHeader(appearance, "", self)
        self.header.setVisible(False)
        self.said = Label(appearance, "", self, size=SMALL, color="text")
        self.said.setObjectName("activation_view.said")
        self.said.setWordWrap(True)
        self.legend = Legend(appearance, self, most_lines=1)
        self.legend.setToolTip(plain_tip(gettext(TIP)))
        self.chart = ActivationChart(appearance, self._tell, self)
        self.chart.chosen.connect(self._session.selector.show_sample)
        self.chart.copy_requested.connect(self._copy)
        self.chart.show_picture(None, gettext(NOT_READY))
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        for part in (self.header, self.said, self.legend):
            column.addWidget(part)
        column.addWidget(self.chart, 1)
        self.setMinimumSize(180, 130)
        self.setAccessibleName(gettext(NOT_READY))
        appearance.changed.connect(self._show_legend)

    @property
    def function(self) -> NeuronFunction | None:
        """What is drawn."""
        return self._function

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw the function of the neuron that is selected."""
        self._moment = moment
        if not moment.is_ready or moment.experiment.network.formula:
            return
        layer, unit = chosen_neuron(moment).neuron
        # The inputs have no activation.
        self._function = function = neuron_function(moment, max(0, layer), unit if layer >= 0 else 0)
        if function is None:
            self.said.setText("")
            self.chart.show_picture(None, gettext(TOO_LARGE))
            self.setAccessibleName(gettext(TOO_LARGE))
            return
        words = function_in_words(moment, function)
        self._say()
        steep = "f′(z)" if function.is_alone else "∂a/∂z"
        own = Notation.of(moment.experiment).neuron(function.layer, function.unit)
        names = (f"z of {own}", "a = f(z)" if function.is_alone else "a", steep)
        picture = ActivationPicture(function, moment.sample, names)
        self.chart.show_picture(picture)
        if self.chart.frames is None:
            self.chart.show_picture(picture, gettext(TOO_LARGE))
        self._show_legend()
        self.setAccessibleName(gettext("Activation: {words}", words=words))
        self.chart.setAccessibleName(gettext("{words}, f and f′ over z", words=words))
        self.chart.setAccessibleDescription(said_of(moment, function))
        self.redrawn.emit()

    def show_title(self) -> None:
        """Show a title, in a picture of it."""
        self.header.setVisible(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._say()
        self._show_legend()

    @property
    def _is_low(self) -> bool:
        return self.height() < self.appearance.size(ROOMY)

    def _say(self) -> None:
        if self._function is not None:
            said = said_of(self._moment, self._function, is_brief=self._is_low)
            if said != self.said.text():
                self.said.setText(said)

    def _show_legend(self) -> None:
        function, moment, theme = self._function, self._moment, self.appearance.theme
        if function is None:
            return
        entries = []
        if function.samples is not None and len(moment.rows) > 1:
            hue, count = QColor(theme.forward), len(function.samples.places)
            shown = gettext("sample {count}", count=format_count(moment.rows[moment.sample] + 1))
            total = function.samples.total
            others = (
                gettext(
                    "{count} of {format_count_2} others",
                    count=format_count(count - 1),
                    format_count_2=format_count(total - 1),
                )
                if count < total
                else gettext("the others")
            )
            entries = [LegendEntry(shown, hue, Marker(0)), LegendEntry(others, hue, Marker(0, function.is_alone))]
        if function.curve.kinks:
            taken = ", ".join(dict.fromkeys(format_short(kink.taken) for kink in function.curve.kinks[:3]))
            entries.append(
                LegendEntry(gettext("kink: PyTorch takes {taken}", taken=taken), QColor(theme.backward), KINK)
            )
        self.legend.set_entries(() if self._is_low else tuple(entries))

    def numbers(self) -> NumbersTable | None:
        """Return the samples on the curve; before they are known, the curve."""
        if self._function is None:
            return None
        return NumbersTable.of_rows(table_of_samples(self._moment, self._function))

    def _tell(self, z: float, sample: int | None) -> str:
        return "" if self._function is None else place_on_curve(self._moment, self._function, z, sample)

    def _copy(self) -> None:
        if self._function is not None:
            copy_rows(table_of_samples(self._moment, self._function), self._session.signals.informed.emit)
