"""Lines on which a function has one value, over a grid. Each square is two triangles, which a line crosses straight."""

from __future__ import annotations

import numpy as np

from chainrule.model.timeline.downsampled_series import Floats


def levels(values: Floats, most: int) -> Floats:
    """Return at most so many values whose lines part the grid into parts of about the same size; none where all is one
    value.

    What is steep gets as many lines as what is flat: of a valley between walls both are seen.
    """
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() == finite.max():
        return np.empty(0)
    quantiles = np.unique(np.quantile(finite, np.linspace(0.0, 1.0, most + 2)[1:-1]))
    found: Floats = quantiles[(quantiles > finite.min()) & (quantiles < finite.max())]
    return found


def segments(across: Floats, up: Floats, values: Floats, level: float) -> Floats:
    """Return the pieces of the line of one level, (n, 2 ends, 2), as x and y; `values` are (up, across)."""
    # Of the squares only those with corners on both sides: a line crosses few of many.
    is_high = values > level
    corners = (is_high[:-1, :-1], is_high[:-1, 1:], is_high[1:, :-1], is_high[1:, 1:])
    row, column = np.nonzero(np.logical_or.reduce(corners) & ~np.logical_and.reduce(corners))

    def points(below: int, beside: int) -> Floats:
        at, along = row + below, column + beside
        return np.stack([across[along], up[at], values[at, along]], axis=-1)

    corner, right, above, far = points(0, 0), points(0, 1), points(1, 0), points(1, 1)
    triangles = np.concatenate([np.stack(three, axis=1) for three in ((corner, right, far), (corner, above, far))])
    triangles = triangles[np.isfinite(triangles[:, :, 2]).all(axis=1)]
    is_above = triangles[:, :, 2] > level
    crossed = triangles[is_above.any(axis=1) & ~is_above.all(axis=1)]
    if not len(crossed):
        return np.empty((0, 2, 2))
    # One corner is on its own side of the line: the line crosses the two edges that leave it.
    high = crossed[:, :, 2] > level
    alone = np.where(high.sum(axis=1) == 1, high.argmax(axis=1), (~high).argmax(axis=1))
    rows = np.arange(len(crossed))
    own = crossed[rows, alone]
    ends = []
    for offset in (1, 2):
        other = crossed[rows, (alone + offset) % 3]
        # By halves, so that the difference of two huge numbers is none.
        share = (level / 2 - own[:, 2] / 2) / (other[:, 2] / 2 - own[:, 2] / 2)
        ends.append(own[:, :2] + share[:, None] * (other[:, :2] - own[:, :2]))
    return np.stack(ends, axis=1)
