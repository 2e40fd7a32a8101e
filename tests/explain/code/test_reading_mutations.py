"""Scripts that are not quite right: whatever is wrong in them, the error is the documented one."""

from __future__ import annotations

import contextlib
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.explain.code.reading.script import read_script
from tests.explain.code.running import NAMES, source_of

PIECES = {name: re.findall(r"\w+|[^\w\s]|\s+", source_of(name)) for name in NAMES}
WORDS = sorted({piece for pieces in PIECES.values() for piece in pieces if not piece.isspace()})
ODD = ["10**9", "1e400", "-1", "None", "[]", "()", "{}", '"x"', "lambda: 0", "self", "9" * 30, "...", "*", "nan"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A script of the corpus, in which some pieces are others."""
    pieces = list(PIECES[draw(st.sampled_from(NAMES))])
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(pieces) - 1))
        change = draw(st.sampled_from(["replace", "replace", "replace", "drop", "swap"]))
        if change == "replace":
            pieces[place] = draw(st.sampled_from(WORDS) | st.sampled_from(ODD))
        elif change == "drop" and len(pieces) > 1:
            del pieces[place]
        else:
            other = draw(st.integers(0, len(pieces) - 1))
            pieces[place], pieces[other] = pieces[other], pieces[place]
    return "".join(pieces)


@given(source=mutated())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_mutated_script_gives_an_experiment_or_the_documented_error(source: str) -> None:
    with contextlib.suppress(SpecError):
        read_script(source)
