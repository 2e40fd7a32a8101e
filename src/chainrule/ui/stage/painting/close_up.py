"""What a neuron with room to spare shows more of: its activation's curve above it, and the products of its z below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from PySide6.QtCore import QPointF, QRectF

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.stage.layout.geometry import Density, Items, NodeCard, StageLayout

# Heights in the size of the smallest letters: a chart of the curve, a line of the products, and what is around them.
LEAST_CHART, MOST_CHART = 70.0, 130.0
LINE, INSIDE, AROUND = 15.0, 8.0, 5.0
LEAST_LINES, MOST_LINES = 4, 9
# How much larger the letters get where there is room.
LARGER = 1.25
CURVE_TIP = gettext_noop(
    "What this neuron's activation makes of any z. The dot is the shown sample. In the backward pass the short\n"
    "line is the slope f′(z) there: δ is the gradient of a times it"
)
PRODUCTS_TIP = gettext_noop("The weights times what comes in, and the bias: together they are z of the shown sample")


@dataclass(frozen=True, slots=True)
class CloseUp:
    """Where a neuron's chart goes, and its products, which may have so many lines; None where there is no room.

    `size` is the scale of its letters.
    """

    node: NodeCard
    chart: QRectF | None
    products: QRectF | None
    lines: int
    size: float

    @property
    def rect(self) -> QRectF:
        """All of it, with the neuron."""
        found = QRectF(self.node.rect)
        for rect in (self.chart, self.products):
            found = found if rect is None else found.united(rect)
        return found

    def tip_at(self, position: QPointF) -> str:
        """Return what is at a point of it, in words; "" where it is the neuron."""
        if self.chart is not None and self.chart.contains(position):
            return gettext(CURVE_TIP)
        return gettext(PRODUCTS_TIP) if self.products is not None and self.products.contains(position) else ""


def close_ups(layout: StageLayout, network: NetworkSpec, layer: int, text_size: float) -> list[CloseUp]:
    """Return the close-ups of a layer's neurons, all alike; none where the layer has no room for them."""
    nodes = [node for node in layout.sections[layer + 1].items.nodes if node.layer == layer]
    if not nodes or any(node.density is not Density.CARD for node in nodes):
        return []
    gap = min((below.rect.top() - above.rect.bottom() for above, below in pairwise(nodes)), default=inf)
    over, under = nodes[0].rect.top(), _floor(layout, nodes[-1]) - nodes[-1].rect.bottom()
    # Letters grow with the stage, but less: what is beside a neuron is read from near.
    sizes = max(text_size, min(layout.scale, LARGER * text_size)), text_size
    wanted = _wanted_lines(network, layer)
    found = [(size, *_heights(over / size, under / size, gap / size, wanted)) for size in sizes]
    size, chart, lines = max(found, key=lambda each: (bool(each[1]) + bool(each[2]), bool(each[1])))
    return [_close_up(node, chart, lines, size) for node in nodes] if chart or lines else []


def _wanted_lines(network: NetworkSpec, layer: int) -> int:
    """Return all products, the bias and the sum."""
    return min(MOST_LINES, network.fan_in(layer) + network.layers[layer].bias + 1)


def _heights(over: float, under: float, gap: float, wanted: int) -> tuple[float, int]:
    """Return the height of the charts and the number of lines, 0 of what has no room; the chart comes first."""
    for lines in range(wanted, min(wanted, LEAST_LINES) - 1, -1):
        products = _products_height(lines)
        chart = min(over - 2 * AROUND, gap - products - 3 * AROUND, MOST_CHART)
        if chart >= LEAST_CHART and products + 2 * AROUND <= under:
            return chart, lines
    chart = min(over, gap) - 2 * AROUND
    if chart >= LEAST_CHART:
        return min(chart, MOST_CHART), 0
    fitting = range(wanted, min(wanted, LEAST_LINES) - 1, -1)
    room = min(under, gap) - 2 * AROUND
    return 0.0, next((lines for lines in fitting if _products_height(lines) <= room), 0)


def _products_height(lines: int) -> float:
    return lines * LINE + INSIDE


def _close_up(node: NodeCard, chart: float, lines: int, size: float) -> CloseUp:
    """Return the close-up that touches its neuron, and nothing else.

    What stands between two neurons is seen to be of one of them.
    """
    rect, products = node.rect, _products_height(lines) * size
    above = QRectF(rect.left(), rect.top() - chart * size, rect.width(), chart * size) if chart else None
    below = QRectF(rect.left(), rect.bottom(), rect.width(), products) if lines else None
    return CloseUp(node, above, below, lines, size)


def _floor(layout: StageLayout, node: NodeCard) -> float:
    """Return where something else begins below the last neuron of a column, or the stage ends."""
    left, right, bottom = node.rect.left(), node.rect.right(), node.rect.bottom()
    items = layout.between(left, right)
    tops = [rect.top() for rect in _obstacles(items) if rect.left() < right and rect.right() > left]
    return min((top for top in tops if top >= bottom - 1), default=layout.size.height())


def _obstacles(items: Items) -> Iterable[QRectF]:
    yield from (node.rect for node in items.nodes)
    yield from (rect for rect, _ in (*items.captions, *items.notes))
    yield from (cell.rect for label in items.labels for cell in label)
    yield from (_around(link) for link in items.links)


def _around(points: Sequence[QPointF]) -> QRectF:
    xs, ys = [point.x() for point in points], [point.y() for point in points]
    return QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
