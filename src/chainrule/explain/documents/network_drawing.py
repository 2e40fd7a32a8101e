"""A drawing of a network for paper: its units as circles, and the names of weights and biases where they belong."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.explain.names.notation import Notation

# In pixels, 96 to an inch.
RADIUS, BESIDE, BELOW, MARGIN = 19.0, 175.0, 74.0, 34.0
FONT_SIZE = 12.0
# So many units of a layer are drawn; of more, the first ones and the last.
MOST_UNITS = 6
# Between two layers with more weights than these no name has room.
MOST_NAMED = 9
DOTS = "⋮"


@dataclass(frozen=True, slots=True)
class DrawingLabel:
    """Words of a drawing, centred at a place; those on a line have ground behind them."""

    x: float
    y: float
    text: str
    on_line: bool = False


@dataclass(frozen=True, slots=True)
class NetworkDrawing:
    """Lines as (x, y, x, y), circles as (x, y, radius), and words, from the upper left corner on."""

    width: float
    height: float
    lines: tuple[tuple[float, float, float, float], ...]
    circles: tuple[tuple[float, float, float], ...]
    labels: tuple[DrawingLabel, ...]


def network_drawing(experiment: Experiment) -> NetworkDrawing | None:
    """Return the drawing of a network of layers; None of a formula, which has none."""
    if experiment.network.formula:
        return None
    return _Drawer(experiment).drawing()


class _Drawer:
    """Draws one network."""

    def __init__(self, experiment: Experiment) -> None:
        self._network, self._notation = experiment.network, Notation.of(experiment)
        self._widths = [self._network.inputs, *(layer.units for layer in self._network.layers)]
        self._rows = max(len(_shown(width)) for width in self._widths)
        self._lines = list[tuple[float, float, float, float]]()
        self._circles = list[tuple[float, float, float]]()
        self._labels = list[DrawingLabel]()

    def drawing(self) -> NetworkDrawing:
        """Return the whole drawing."""
        for layer in range(len(self._network.layers)):
            self._draw_weights(layer)
        for column, width in enumerate(self._widths):
            self._draw_units(column, width)
        size = (2 * MARGIN + BESIDE * (len(self._widths) - 1) + RADIUS, 2 * MARGIN + BELOW * (self._rows - 1) + 34)
        return NetworkDrawing(*size, tuple(self._lines), tuple(self._circles), tuple(self._labels))

    def _place(self, column: int, width: int, unit: int) -> tuple[float, float]:
        shown = _shown(width)
        row = shown.index(unit) + (self._rows - len(shown)) / 2
        return MARGIN + BESIDE * column, MARGIN + BELOW * row

    def _draw_weights(self, layer: int) -> None:
        sources, targets = self._widths[layer], self._widths[layer + 1]
        has_names = sources * targets <= MOST_NAMED
        # At this share of the way the names on all lines are equally far from each other.
        share = 1 / (targets + 1) if targets > 1 else 0.45
        for source in filter(_is_unit, _shown(sources)):
            for target in filter(_is_unit, _shown(targets)):
                x, y = self._place(layer, sources, source)
                to_x, to_y = self._place(layer + 1, targets, target)
                self._lines.append((x + RADIUS, y, to_x - RADIUS, to_y))
                if has_names:
                    text = self._notation.text(refs.weight(layer), (target, source))
                    at = (x + RADIUS + (to_x - x - 2 * RADIUS) * share, y + (to_y - y) * share)
                    self._labels.append(DrawingLabel(*at, text, on_line=True))

    def _draw_units(self, column: int, width: int) -> None:
        for unit in _shown(width):
            x, y = self._place(column, width, unit)
            if not _is_unit(unit):
                self._labels.append(DrawingLabel(x, y, DOTS))
                continue
            self._circles.append((x, y, RADIUS))
            self._labels.append(DrawingLabel(x, y, self._notation.neuron(column - 1, unit)))
            if column and self._network.layers[column - 1].bias and width <= MOST_UNITS:
                text = self._notation.text(refs.bias(column - 1), (unit,))
                self._labels.append(DrawingLabel(x, y + RADIUS + 10, f"+ {text}"))
        if column:
            self._labels.append(
                DrawingLabel(
                    MARGIN + BESIDE * column, 2 * MARGIN + BELOW * (self._rows - 1) + 18,
                    self._network.layers[column - 1].function,
                )
            )  # fmt: skip


def _shown(width: int) -> list[int]:
    """Return which units of a layer are drawn; -1 stands for those that are left out."""
    return list(range(width)) if width <= MOST_UNITS else [*range(MOST_UNITS - 2), -1, width - 1]


def _is_unit(unit: int) -> bool:
    return unit >= 0


def svg_of_drawing(drawing: NetworkDrawing) -> str:
    """Return a drawing as an SVG file, black on white."""
    size = f'width="{drawing.width:g}" height="{drawing.height:g}" viewBox="0 0 {drawing.width:g} {drawing.height:g}"'
    font = f'font-family="DejaVu Sans, sans-serif" font-size="{FONT_SIZE:g}"'
    found = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        f'<rect width="{drawing.width:g}" height="{drawing.height:g}" fill="white"/>',
    ]
    for x, y, to_x, to_y in drawing.lines:
        found.append(f'<line x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}" stroke="#444444"/>')
    for x, y, radius in drawing.circles:
        found.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="white" stroke="#444444"/>')
    for label in drawing.labels:
        ground = ' stroke="white" stroke-width="5" paint-order="stroke"' if label.on_line else ""
        place = f'x="{label.x:g}" y="{label.y + FONT_SIZE / 3:g}" text-anchor="middle"'
        found.append(f"<text {place}{ground}>{escape(label.text)}</text>")
    return "\n".join([*found, "</svg>\n"])
