"""The shape of values together, against torch's; what torch imports for that has no part in it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from chainrule.engine.shapes import shape_together


@given(mutually_broadcastable_shapes(num_shapes=3, min_dims=0, min_side=0), st.booleans())
def test_it_is_that_of_torch(found: object, of_numpy: bool) -> None:
    shapes = found.input_shapes  # type: ignore[attr-defined]
    values = [np.empty(shape) if of_numpy else torch.empty(shape) for shape in shapes]
    assert shape_together(values) == tuple(torch.broadcast_shapes(*shapes))


def test_nothing_has_no_axes() -> None:
    assert shape_together(()) == ()


def test_reading_code_does_not_wait_for_sympy() -> None:
    script = (
        "import numpy as np\nfrom torch import nn\n"
        "x = np.array([[1.0, 2.0]]) * np.array([[3.0], [4.0]]) + 1.0\nlarge = x > 2\n"
        "x = np.maximum(x, np.array([2.0]))\nmodel = nn.Sequential(nn.Linear(2, 1))\n"
    )
    program = (
        "import sys\n"
        "from chainrule.explain.code.reading.script import read_script\n"
        f"read_script({script!r})\n"
        "print('sympy' in sys.modules)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
