"""Each entry of each table against torch's own, at the places where formulas break."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, ArgumentValue, Choice, SpecError, Word
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete, lookup, names, table
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.parse import read
from chainrule.formula.tree import symbols_of
from tests.engine import oracles
from tests.experiments import usual

TABLES: dict[str, Mapping[str, Any]] = {
    "activations": ACTIVATIONS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
}
DTYPES = [torch.float64, torch.float32]


def choices(entries: Mapping[str, Any], **skipped: Iterable[ArgumentValue]) -> list[Choice]:
    """Each entry with each combination of the defaults, ends and words that its arguments allow."""
    found = []
    for entry in entries.values():
        values = [skipped.get(a.name, corners(a)) for a in entry.arguments]
        found += [
            Choice(entry.name, dict(zip([a.name for a in entry.arguments], combination, strict=True)))
            for combination in product(*values)
        ]
    return found


def corners(argument: Argument) -> list[ArgumentValue]:
    """The values of one argument that are worth a test."""
    if isinstance(argument, Word):
        return list(argument.choices)
    if argument.default is None:
        return [None]
    ends = [argument.default, getattr(argument, "minimum", None), getattr(argument, "maximum", None)]
    found: list[ArgumentValue] = []
    for end in ends:
        if end is not None and end not in found:
            found.append(end)
    return found


def assert_near(actual: Tensor, expected: Tensor) -> None:
    """Equal to a few units in the last place of the dtype, inf and NaN included."""
    rtol = 8 * torch.finfo(expected.dtype).eps
    torch.testing.assert_close(actual, expected, rtol=rtol, atol=rtol, equal_nan=True)


# ----------------------------------------------------------------------------------------------- completeness


@pytest.mark.parametrize("entries", TABLES.values(), ids=TABLES)
def test_keys_are_the_names(entries: Mapping[str, Any]) -> None:
    assert all(name == entry.name for name, entry in entries.items())
    assert names(entries) == tuple(entries)
    assert table(*entries.values()) == entries


def test_every_entry_has_an_oracle() -> None:
    """A new entry fails here until something independent covers it."""
    for name in ACTIVATIONS:
        oracles.activation(complete(ACTIVATIONS, usual(ACTIVATIONS, name), "$"))
    for name in LOSSES:
        oracles.loss(complete(LOSSES, usual(LOSSES, name), "$"))
    for name in OPTIMIZERS:
        oracles.optimizer(complete(OPTIMIZERS, Choice(name), "$"), [nn.Parameter(torch.zeros(1))])


@pytest.mark.parametrize(
    "missing",
    [
        lambda: oracles.activation(Choice("Wobble")),
        lambda: oracles.loss(Choice("WobbleLoss", {"reduction": "mean"})),
        lambda: oracles.optimizer(Choice("Wobbler"), [nn.Parameter(torch.zeros(1))]),
    ],
    ids=TABLES,
)
def test_an_entry_without_an_oracle_is_noticed(missing: Any) -> None:
    with pytest.raises(LookupError, match="nothing to hold Wobble"):
        missing()


def test_oracles_of_our_own_are_only_for_what_torch_lacks() -> None:
    for own, entries in ((oracles.ACTIVATIONS, ACTIVATIONS), (oracles.LOSSES, LOSSES)):
        assert set(own) <= set(entries)
        assert not [name for name in own if hasattr(nn, name)]


@pytest.mark.parametrize(
    ("module", "entries"), [(nn, ACTIVATIONS), (nn, LOSSES), (torch.optim, OPTIMIZERS)], ids=TABLES
)
def test_arguments_are_those_of_torch(module: object, entries: Mapping[str, Any]) -> None:
    for name, entry in entries.items():
        if hasattr(module, name):
            known = inspect.signature(getattr(module, name)).parameters
            # torch's Adam corrects its averages, always.
            assert {argument.name for argument in entry.arguments} <= {*known, "bias_correction"}


@pytest.mark.parametrize("entries", TABLES.values(), ids=TABLES)
def test_defaults_are_allowed(entries: Mapping[str, Any]) -> None:
    for entry in entries.values():
        for argument in entry.arguments:
            assert argument.check(argument.default, "$") == argument.default
            assert argument.label


@pytest.mark.parametrize("entries", TABLES.values(), ids=TABLES)
def test_an_unknown_name_lists_the_known_ones(entries: Mapping[str, Any]) -> None:
    with pytest.raises(SpecError, match=re.escape(list(entries)[-1])) as error:
        lookup(entries, "Wobble", "$.place")
    assert error.value.path == "$.place.name"


def test_the_formulas_of_updates_name_only_what_they_read() -> None:
    for choice in choices(OPTIMIZERS):
        arguments = set(argument_symbols(OPTIMIZERS[choice.name].arguments))
        for update in OPTIMIZERS[choice.name].updates(choice, (3, 2)):
            reads = {name or "param" for name in update.reads}
            # What is summed stands in the sum's own term.
            allowed = {"total", "count"} if update.term else reads
            assert set(symbols_of(read(update.formula))) <= allowed | arguments, update.writes
            assert not update.term or symbols_of(read(update.term)) == ("x",)


def test_words_can_stand_in_a_sentence() -> None:
    words = [entry.words for entries in (ACTIVATIONS, LOSSES) for entry in entries.values()]
    words += [
        update.words for choice in choices(OPTIMIZERS) for update in OPTIMIZERS[choice.name].updates(choice, (3, 2))
    ]
    assert all(text and text[0].islower() and not text.endswith(".") for text in words)
