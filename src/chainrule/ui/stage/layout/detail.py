"""How much of a network is shown in a stage of some size: as much as fits whole, and less where it is larger."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QSizeF

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_count
from chainrule.ui.stage.layout.contents import StageContents, parameter_slots
from chainrule.ui.stage.layout.geometry import Chosen, Density, Metrics, Slot
from chainrule.ui.stage.layout.sizes import (
    AROUND,
    CARDS,
    DENSITIES,
    LINE_GAPS,
    LINK,
    MATRIX_GAPS,
    OldValues,
    Shape,
    Sizes,
)

MOST_EDGES, MOST_SHORT_EDGES = 600, 16
MOST_LABELS = 60
# Amounts of detail from most to least, whether each line has its label on it, and where a parameter is kept beside its
# new value; the last is drawn in any case.
ATTEMPTS = (
    *(
        (amount, labelled, kept)
        for labelled in (True, False)
        for amount, kept in (
            (0, OldValues.ROWS),
            (0, OldValues.CARDS),
            (0, OldValues.NOWHERE),
            (1, OldValues.CARDS),
            (1, OldValues.NOWHERE),
        )
    ),
    *((amount, False, OldValues.NOWHERE) for amount in (2, 3, 4)),
)
# The height at scale 1 below which there are no captions, and only one row of weights, or none.
NO_CAPTIONS, ONE_ROW, NO_WEIGHTS = 150.0, 210.0, 110.0
# Before a label its line has room to come from its neuron, and behind it to go into the other one.
FAN, JOIN = 16.0, 8.0
BETWEEN_LABELS, LABEL_ROW = 4.0, 16.0
# The room of the lines of a neuron without labels, where they go past another's.
BUNDLE = 7.0
NOTE = 15.0
# The least height at which two heat maps stand one above the other, with what they are called.
HEAT_ROOM = 96.0
# The width of a letter of the small sentences, on the safe side.
LETTER = 6.5
# How little is said beside the weights below a narrow network: nothing of the click, and of the weights only whose.
ALL_SAID, BRIEF, BRIEFEST = range(3)

SlotRows = tuple[tuple[Slot, ...], ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of the lines into a layer: their rows, and whether they are of all neurons or of the chosen one.

    `can_go_out` says whether there is also room for one label at each neuron, beside its other lines.
    """

    rows: SlotRows
    height: float
    are_all: bool
    can_go_out: bool = False

    def stack(self, sources: int) -> float:
        """Return the height of all labels of one neuron."""
        return sources * (self.height + BETWEEN_LABELS) + BETWEEN_LABELS

    def column(self, sources: int, targets: int) -> float:
        """Return the height of all labels of the lines into a layer, and of the lines that have none."""
        if self.are_all:
            return targets * self.stack(sources)
        into = self.stack(sources) + (targets - 1) * BUNDLE
        return max(into, targets * self.single) if self.can_go_out else into

    @property
    def is_flat(self) -> bool:
        """Whether the rows stand side by side in one line: the weight stays there when its gradient comes."""
        return self.height < LABEL_ROW * len(self.rows)

    @property
    def single(self) -> float:
        """The height of one label of a neuron, with the neuron's other lines above it and below it."""
        return self.stack(1) + 2 * BUNDLE


@dataclass(frozen=True, slots=True)
class StageDetail:
    """What is drawn of each layer; `needed` and `tallest` are how much room that takes at scale 1.

    `weight_rows` is how many rows of the chosen neuron's weights stand below the network, `brief` how little is said
    beside them.
    """

    amount: int
    shapes: dict[int, Shape]
    labels: dict[int, Labels]
    gaps: dict[int, float]
    is_loss_below: bool
    caption: float
    weight_rows: int
    needed: float
    tallest: float
    # It says that the weights are seen further in: no place of theirs is left.
    hints: bool = False
    brief: int = ALL_SAID

    @property
    def follows(self) -> bool:
        """Whether it shows the weights of the chosen neuron alone."""
        return bool(self.weight_rows) or any(not labels.are_all for labels in self.labels.values())

    def fitted(self, chosen: Chosen) -> Chosen:
        """Return those of a chosen neuron's weights that there is room for.

        Those into one, where not all that go out fit.
        """
        labels = self.labels.get(chosen.layer)
        has_room = labels is None or labels.can_go_out
        return chosen if has_room or not chosen.goes_out else replace(chosen, goes_out=False)

    @property
    def foot(self) -> float:
        """The height of what stands below the neurons."""
        note = NOTE if self.hints or (self.follows and not self.weight_rows) else 0.0
        return self.caption + note + strip_height(self.weight_rows)


def _shows_more(one: StageDetail, other: StageDetail) -> bool:
    """Return whether one has weights of more neurons, or more of each neuron, and nothing less."""

    def kept(detail: StageDetail) -> list[int]:
        labels = [0 if label.are_all else 1 for label in detail.labels.values()]
        cards = [0 if shape in CARDS else shape for shape in detail.shapes.values()]
        return [*labels, *cards, -detail.weight_rows]

    if one.labels.keys() != other.labels.keys():
        return False
    pairs = list(zip(kept(one), kept(other), strict=True))
    return any(a < b for a, b in pairs) and all(a <= b for a, b in pairs)


def more_text(count: int) -> str:
    """Say that so many weights more are not shown."""
    return f"+ {format_count(count)} more"


def strip_height(rows: int) -> float:
    """Return the height of the weights below the network."""
    return 16.0 * rows + 6 if rows else 0.0


class Details:
    """Chooses the detail of a network for a stage."""

    def __init__(self, contents: StageContents, sizes: Sizes, metrics: Metrics, size: QSizeF) -> None:
        self._contents, self._sizes, self._m = contents, sizes, metrics
        self._notation = Notation.of(contents.experiment)
        # At the least scale.
        self._width, self._height = size.width() / metrics.zoom, size.height() / metrics.zoom
        self._layers = range(-1, contents.last + 1)
        # Layers that are alike are as large: of a deep network few are measured.
        alike: dict[object, int] = {}
        self._like = {layer: alike.setdefault(self._kind(layer), layer) for layer in self._layers}
        # What each attempt asks anew, and what is the same in all.
        self._forms: dict[int, tuple[Labels, ...]] = {}
        self._line_widths: dict[tuple[int, int, bool], float] = {}

    def choose(self) -> StageDetail:
        """Return the most that fits, or the least there is."""
        for amount, labelled, kept in ATTEMPTS:
            detail = self._attempt(amount, labelled=labelled, kept=kept)
            if detail is not None and detail.needed <= self._width:
                return detail
        assert detail is not None
        return detail

    def label_width(self, layer: int, rows: SlotRows, *, is_whole: bool = False) -> float:
        """Return the least width of a row of a label on a line, or below the network, where its name is a whole one."""
        last = self._contents.units(layer) - 1, self._contents.units(layer - 1) - 1
        name = self.weight_name(refs.weight(layer), last, is_whole=is_whole)
        # The brackets around the layer's number are half as wide as another letter.
        first = self._sizes.label(name.replace("⁽", "")) + self._m.number + AROUND
        return max(first, *(self._sizes.cell(row) for row in rows))

    def line_width(self, layer: int, labels: Labels) -> float:
        """Return the least width of a label on a line into a layer."""
        rows = len(labels.rows)
        key = layer, rows, labels.is_flat
        if key not in self._line_widths:
            self._line_widths[key] = self.label_width(layer, labels.rows) * (rows if labels.is_flat else 1)
        return self._line_widths[key]

    def weights_of(self, chosen: Chosen) -> str:
        """Return which weights are shown, in words."""
        return f"Weights {'out of' if chosen.goes_out else 'into'} {self._notation.neuron(*chosen.neuron)}"

    def strip_texts(self, chosen: Chosen, rows: int, brief: int) -> list[str]:
        """Return what is said beside the weights of a neuron below the network."""
        whose = self.weights_of(chosen)
        if brief == ALL_SAID:
            return [whose, "click a neuron for its own"][:rows]
        return [whose if brief == BRIEF else whose.removeprefix("Weights ")]

    def strip_head(self, layer: int, rows: int, brief: int) -> float:
        """Return the room of these words, for any neuron of the layer and of the one before."""
        last = Chosen(layer, self._contents.units(layer) - 1, self._contents.units(layer - 1) - 1)
        each = [last, *([replace(last, goes_out=True)] if layer else [])]
        return max(len(text) for chosen in each for text in self.strip_texts(chosen, rows, brief)) * LETTER + 6

    def strip_weight(self, layer: int, rows: int) -> float:
        """Return the room of one weight with its gradient there."""
        return self.label_width(layer, self.weight_rows(layer, 2), is_whole=True) * (1 if rows > 1 else 2) + 6

    def strip_more(self, count: int) -> float:
        """Return the room of what says how many of so many weights are not shown."""
        return len(more_text(count)) * LETTER + 4

    def strip_width(self, layer: int, rows: int, brief: int, *, is_whole: bool) -> float:
        """Return the room of all weights into a neuron, or of the least: one of them, and how many more there are."""
        into = self._contents.units(layer - 1)
        most = max(into, self._contents.units(layer)) if layer else into
        weights = (into if is_whole else 1) * self.strip_weight(layer, rows)
        more = self.strip_more(most) if not is_whole and most > 1 else 0.0
        return 2 * self._m.margin + self.strip_head(layer, rows, brief) + weights + more

    def widest_strip(self, rows: int, brief: int) -> float:
        """Return the least width at which a weight into any neuron can stand below the network."""
        alike = {self._like[layer] for layer in self._layers[1:]}
        return max(self.strip_width(layer, rows, brief, is_whole=False) for layer in alike)

    def _briefness(self, rows: int) -> int | None:
        """Return how little must be said beside so many rows of weights; None where they have no room even then."""
        forms = (ALL_SAID, BRIEF, BRIEFEST)
        return next((brief for brief in forms if self.widest_strip(rows, brief) <= self._width), None)

    def weight_name(self, ref: ValueRef, index: tuple[int, int], *, is_whole: bool = False) -> str:
        """Return the name of a weight.

        On its line the caption says the layer, so that the name is as short as can be.
        """
        name = self._notation.text(ref, index)
        return name if is_whole else name.split("⁽")[0]

    def weight_rows(self, layer: int, count: int) -> SlotRows:
        """Return what two or three rows of a weight's label show.

        The weight stays when its gradient and its new one come.
        """
        ref = refs.weight(layer)
        gradient, update = self._contents.gradient_slots(ref, "∂"), self._contents.of(ref).all
        weight = parameter_slots(ref, "")
        if count > 2:
            return (weight[:1], gradient, (*update, weight[1]))
        return weight[:1], (*update, *gradient, weight[1])

    def is_matrix(self, shapes: dict[int, Shape], layer: int) -> bool:
        """Return whether the weights into a layer are a heat map.

        Where lines were too many, or too short to be followed.
        """
        both = [shapes[each] for each in (layer - 1, layer)]
        most = MOST_SHORT_EDGES if both == [Shape.SPECK, Shape.SPECK] else MOST_EDGES
        heat = any(DENSITIES[shape] is Density.HEAT for shape in both)
        return heat or self._contents.units(layer) * self._contents.units(layer - 1) > most

    def _kind(self, layer: int) -> object:
        contents = self._contents
        if layer < 0 or layer == contents.last:
            return layer
        spec = contents.network.layers[layer]
        weight, bias = contents.of(refs.weight(layer)), contents.of(refs.bias(layer))
        shares = [tuple(slot.label for slot in each.shares) for each in (weight, bias)]
        updates = bool(weight.all), bool(bias.all), bool(weight.clipped), *shares
        parameters = (refs.bias(layer), *contents.learned(layer))
        frozen = tuple(ref in contents.experiment.frozen for ref in parameters)
        learned = tuple(spec.learned.items())
        return spec.units, contents.units(layer - 1), spec.bias, learned, frozen, updates

    def _attempt(self, amount: int, *, labelled: bool, kept: OldValues) -> StageDetail | None:
        """Return the layout with captions, or without them where that shows more numbers."""
        bare = self._with_caption(amount, 0.0, labelled=labelled, kept=kept)
        if self._height < NO_CAPTIONS or bare is None:
            return bare
        captioned = self._with_caption(amount, self._m.caption, labelled=labelled, kept=kept)
        if captioned is None or captioned.needed > self._width >= bare.needed:
            return bare
        return bare if bare.needed <= self._width and _shows_more(bare, captioned) else captioned

    def _with_caption(self, amount: int, caption: float, *, labelled: bool, kept: OldValues) -> StageDetail | None:
        room = self._height - 2 * self._m.margin - caption
        if not labelled:
            return self._with_weights(amount, room, caption, kept=kept)
        detail = self._in_room(amount, room, labelled=True, kept=kept, caption=caption, rows=0)
        if detail is not None and detail.follows:
            return self._in_room(amount, room - NOTE, labelled=True, kept=kept, caption=caption, rows=0)
        return detail

    def _with_weights(self, amount: int, room: float, caption: float, *, kept: OldValues) -> StageDetail:
        """Return the weights of one neuron below the network: in two rows,
        or as many as take nothing from its neurons.
        """
        possible = {0: ALL_SAID} | {rows: brief for rows in (1, 2) if (brief := self._briefness(rows)) is not None}

        def found(rows: int) -> StageDetail:
            low = room - strip_height(rows)
            detail = self._in_room(amount, low, labelled=False, kept=kept, caption=caption, rows=rows)
            assert detail is not None
            return replace(detail, brief=possible[rows])

        wanted = 0 if self._height < NO_WEIGHTS else 1 if self._height < ONE_ROW else 2
        least = max(rows for rows in possible if rows <= wanted)
        best = found(least)
        for rows in sorted((rows for rows in possible if rows > least), reverse=True):
            more, low = found(rows), room - strip_height(rows)
            is_high = low >= HEAT_ROOM or all(more.gaps[layer] != MATRIX_GAPS[amount] for layer in more.gaps)
            if is_high and (more.shapes, more.is_loss_below) == (best.shapes, best.is_loss_below):
                return more
        if least and not best.weight_rows:
            # The weights came to be heat maps, for neurons as low as their row leaves them: rather no row.
            bare = found(0)
            best = bare if sum(bare.shapes.values()) < sum(best.shapes.values()) else best
        if best.weight_rows or all(self.is_matrix(best.shapes, layer) for layer in self._layers[1:]):
            return best
        said = self._in_room(amount, room - NOTE, labelled=False, kept=kept, caption=caption, rows=0)
        same = said is not None and (said.shapes, said.is_loss_below) == (best.shapes, best.is_loss_below)
        return replace(best, hints=True, tallest=best.tallest + NOTE) if same else best

    def _in_room(
        self, amount: int, room: float, *, labelled: bool, kept: OldValues, caption: float, rows: int
    ) -> StageDetail | None:
        sizes, like, last = self._sizes, self._like, self._contents.last
        measured = {layer: sizes.shape(layer, amount, room, kept) for layer in set(like.values())}
        shapes = {layer: measured[like[layer]] for layer in self._layers}
        labels: dict[int, Labels] = {}
        gaps = {}
        for layer in self._layers[1:]:
            if self.is_matrix(shapes, layer):
                gaps[layer] = MATRIX_GAPS[amount]
                continue
            gaps[layer] = LINE_GAPS[amount]
            if labelled:
                found = self._labels(layer, room)
                if found is None:
                    return None
                labels[layer] = found
                gaps[layer] = FAN + self.line_width(layer, found) + JOIN
        if len(gaps) == sum(gap == MATRIX_GAPS[amount] for gap in gaps.values()):
            rows = 0
        widths = {layer: sizes.column_width(layer, shapes[layer], amount) for layer in set(like.values())}
        columns = sum(widths[like[layer]] for layer in self._layers) + sum(gaps.values()) + 2 * self._m.margin
        heights = {layer: sizes.column_height(layer, shapes[layer]) for layer in set(like.values())}
        below = self._is_loss_below(columns, shapes[last], widths[like[last]], heights[like[last]], room)
        if below:
            heights[like[last]] += sizes.loss_height(below=True) + 10
        needed = columns + LINK + (0.0 if below else sizes.loss_width())
        units = self._contents.units
        stacks = [each.column(units(layer - 1), units(layer)) for layer, each in labels.items()]
        detail = StageDetail(amount, shapes, labels, gaps, below, caption, rows, needed, 0.0)
        tallest = max(*heights.values(), *stacks, 0.0) + 2 * self._m.margin + detail.foot
        return StageDetail(amount, shapes, labels, gaps, below, caption, rows, needed, tallest)

    def _labels(self, layer: int, room: float) -> Labels | None:
        targets, sources = self._contents.units(layer), self._contents.units(layer - 1)
        forms = self._forms_of(layer)
        for form in forms[:2] if targets * sources <= MOST_LABELS else ():
            if form.column(sources, targets) <= room:
                return form
        for form in forms[3:]:
            if form.column(sources, targets) <= room:
                can_go_out = layer > 0 and targets * form.single <= room
                return replace(form, can_go_out=True) if can_go_out else form
        return None

    def _forms_of(self, layer: int) -> tuple[Labels, ...]:
        """Return what labels the lines into a layer can have, of three rows to one: of all neurons, then of the chosen
        one.
        """
        if layer not in self._forms:
            rows = [(self.weight_rows(layer, count), LABEL_ROW * count) for count in (3, 2, 1)]
            self._forms[layer] = tuple(Labels(*each, are_all=are_all) for are_all in (True, False) for each in rows)
        return self._forms[layer]

    def _is_loss_below(self, columns: float, shape: Shape, width: float, height: float, room: float) -> bool:
        """Return whether the loss stands below the outputs: where there is no room at their right."""
        if columns + LINK + self._sizes.loss_width() <= self._width or DENSITIES[shape] is Density.HEAT:
            return False
        fits = width >= self._sizes.loss_row() and height + self._sizes.loss_height(below=True) + 10 <= room
        return fits and columns + LINK <= self._width
