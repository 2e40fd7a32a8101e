"""The part of Fit for inputs that are pixels: their pictures, a pad to draw on, and what the network makes of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.input_picture import InputPicture
from chainrule.catalog.values import refs
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.explain.writing.numbers import format_count, format_number, format_short
from chainrule.model.curves.pixels import ink_of, row_image, weight_images, with_ink
from chainrule.model.editing import edits
from chainrule.session.screen.learning import first_weights, is_classified, outputs_at
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.learned.pixels import PixelChart, PixelPictures
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton

# So many outputs are told of, the largest first.
MOST_OUTPUTS = 3


class PixelsPart(QWidget):
    """Shows a row and the weights; a stroke on the row is one edit of its inputs."""

    about_to_edit = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._moment, self._row = session, session.moment, 0
        self._strokes = 0
        self._ink: Remembered[float] = Remembered()
        self.said = Label(appearance, "", self, size=SMALL)
        self.said.setObjectName("learned_view.answer")
        self.said.setWordWrap(True)
        self.clear = LinkButton(
            appearance,
            gettext("clear"),
            gettext("Take all ink off the picture, to draw another one"),
            "learned_view.clear",
            self,
        )
        self.clear.clicked.connect(self._clear)
        self.chart = PixelChart(appearance, self._tell, self)
        self.chart.chosen.connect(self._choose)
        self.chart.drawn.connect(self._draw)
        line = QHBoxLayout()
        line.addWidget(self.said, 1)
        line.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.chart, 1)

    def show_row(self, moment: Moment, row: int, picture: InputPicture | None) -> None:
        """Show a row of the data and the weights of a moment as pictures of that height and width."""
        if picture is None:
            return
        self._moment, self._row = moment, row
        experiment, notation = moment.experiment, Notation.of(moment.experiment)
        found = weight_images(first_weights(moment), picture)
        ink = self._ink.get((experiment.data.names,), lambda: ink_of(experiment))
        names = tuple(notation.neuron(0, unit) for unit in range(len(found.images)))
        title = f"row {format_count(row + 1)}: draw here"
        image, largest = row_image(experiment, picture, row), found.largest
        shown = PixelPictures(picture, image, ink, found.images, largest, names, title, self._selected(picture))
        self.chart.show_pictures(shown)
        answer = self._answer()
        some = f" The weights of {len(names)} of {found.units} units." if len(names) < found.units else ""
        self.said.setText(f"{answer}{some}")
        self.chart.setAccessibleName(
            gettext(
                "row {number} and the weights into layer 1 as pictures of {height} x {width} pixels",
                number=row + 1,
                height=picture.height,
                width=picture.width,
            )
        )
        self.chart.setAccessibleDescription(answer)

    def _selected(self, picture: InputPicture) -> tuple[int, int] | None:
        selection = self._moment.selection
        if selection is None or selection.ref not in (refs.weight(0), refs.INPUT):
            return None
        unit, column = selection.index
        if selection.ref == refs.INPUT:
            is_row = unit < len(self._moment.rows) and self._moment.rows[unit] == self._row
            return (-1, picture.places[column]) if is_row else None
        return unit, picture.places[column]

    def _answer(self) -> str:
        """Return what the network makes of the row: its class and the outputs, the largest first."""
        experiment, row = self._moment.experiment, self._row
        outputs = outputs_at(self._moment, experiment.data.inputs[row])
        notation, last = Notation.of(experiment), len(experiment.network.layers) - 1
        order = np.argsort(-outputs, kind="stable").tolist() if is_classified(self._moment) else range(len(outputs))
        parts = [f"{notation.named_neuron(last, at)} = {format_short(float(outputs[at]))}" for at in order]
        answer = ", ".join(parts[:MOST_OUTPUTS]) + (", …" if len(parts) > MOST_OUTPUTS else "")
        if not is_classified(self._moment) or np.isnan(outputs).any():
            return f"The network answers {answer}."
        best = order[0]
        name = experiment.data.names.class_name(best) or str(best)
        return f"The network answers class {name}: {answer}."

    def numbers(self) -> NumbersTable | None:
        """Return the row and the weights, a line each, pixel by pixel."""
        shown, notation = self.chart.shown, Notation.of(self._moment.experiment)
        if shown is None:
            return None
        places = list(shown.picture.places)
        names = [notation.named_neuron(-1, column) for column in range(len(places))]
        pictures = [(f"row {self._row + 1}", shown.row), *zip(shown.names, shown.weights, strict=True)]
        rows: list[list[CopiedCell]] = [[name, *picture.reshape(-1)[places].tolist()] for name, picture in pictures]
        return NumbersTable.of_rows([["", *names], *rows])

    # What one does here

    def _column(self, pixel: int) -> int | None:
        shown = self.chart.shown
        return shown.picture.places.index(pixel) if shown is not None and pixel in shown.picture.places else None

    def _choose(self, unit: int, pixel: int) -> None:
        column = self._column(pixel)
        if column is not None:
            self._session.selector.select(refs.weight(0), (unit, column))

    def _draw(self, shares: dict[int, float], is_over: bool) -> None:
        """Give some inputs their share of the ink: of all that belongs to one stroke as one edit."""
        shown = self.chart.shown
        if shown is None or not shares:
            return
        self._edit({column: share * shown.ink for column, share in shares.items()}, "Draw a row")
        self._strokes += is_over

    def _clear(self) -> None:
        self._strokes += 1
        self._edit(dict.fromkeys(range(self._moment.experiment.network.inputs), 0.0), "Clear a row")
        self._strokes += 1

    def _edit(self, pixels: dict[int, float], text: str) -> None:
        self.about_to_edit.emit()
        row, numbers = self._row, with_ink(self._moment.experiment, self._row, pixels)
        try:
            with self._session.undo_stack.merged(f"drawn {id(self)} {self._strokes}"):
                self._session.editor.edit(text, edits.set_inputs_of_row(row, numbers))
        except SpecError as error:
            said = refusal_in_words(error, self._moment.experiment)
            self._session.signals.noticed.emit(f"The row cannot be drawn. {said}")

    def _tell(self, unit: int, pixel: int) -> str:
        shown, experiment = self.chart.shown, self._moment.experiment
        if shown is None:
            return ""
        down, across = divmod(pixel, shown.picture.width)
        place, column = f"pixel in row {down + 1}, column {across + 1}", self._column(pixel)
        if column is None:
            return f"The {place} is no input: it was left out of the data"
        notation = Notation.of(experiment)
        if unit < 0:
            number = format_number(float(shown.row[down, across]), None)
            named = notation.named_neuron(-1, column)
            return f"{named}, the {place} = {number}\nDrag to draw, with the right button to erase"
        number = format_number(float(shown.weights[unit, down, across]), None)
        return (
            f"{notation.text(refs.weight(0), (unit, column))} = {number}\nFrom the {place} "
            f"({notation.named_neuron(-1, column)}) to {notation.neuron(0, unit)}. Click to select it"
        )
