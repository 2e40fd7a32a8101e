"""The parts of what paints what was learned."""

from __future__ import annotations

import numpy as np

from chainrule.ui.learned.chart import path_of_lines


def test_lines_are_a_path_of_as_many_pieces() -> None:
    ends = np.array([[0.5, -1.25], [3.0, 4.0], [1e6, 2.0], [-7.0, 0.0]])
    path = path_of_lines(ends)
    found = [path.elementAt(place) for place in range(path.elementCount())]
    assert [(each.x, each.y) for each in found] == [tuple(each) for each in ends.tolist()]
    assert [each.isMoveTo() for each in found] == [True, False, True, False]
    assert path_of_lines(np.empty((0, 2))).isEmpty()
