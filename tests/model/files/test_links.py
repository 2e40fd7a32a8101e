"""Experiments as links: short, read back as they were, and refused in words where they are damaged."""

from __future__ import annotations

import base64
import json
import random
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.model.files import links
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.links import MOST_CHARACTERS, MOST_JSON, START, experiment_of_link, is_link, link_of
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from tests.experiments import article, dense, experiments

# Written by the first version that had links. They are to be read for ever: a change of what links are made with would
# leave the links that people have sent without an experiment.
KEPT = (
    (
        "simple-nn-2-2-1",
        "chainrule:1.qybL4uDM3IKcVD8_BSNdI11DKjgDS0YjnDuRM_ogyqE6-HOnGfbcaQhyNpbMpwOyzljHBD3TAUWNhn5Ww2hK1RLOVwA",
    ),
    (
        "cs231n-circuit",
        "chainrule:1.I82RMIudg42MDfPUixWSM4uSSzNLrBRApY5GhYK2QqVmFaqzkIqmQqAisBpQUQxkF2pVKVEpP1UoWekCHQiMUVMd"
        "pSogx4ReqQWjNVBLOGkAAA",
    ),
    (
        "three-classes",
        "chainrule:1.nVfJasQwDP2V0nMCkbP_R-_DtA10YOihgVIo_fdqdTSKQ5dDxhptfpIjyfn818YPL2_Lcvd0Pa_rsv4BRXeAwiq4"
        "WJztgZGv898X6Mf5_YKdHH1T4PfUty6v2v_kpUxf5SpIuTqhgh3VqRRw4mMNjkjiMqC8Yy5UNQgvCQUoxH8TW09EqrxDm55IYPfZ"
        "E_7MzK7EPSEidXYwK9O5Au4iScxH4raOVrdmZ2yCA5tZX-mmAqszTQRvCrWilRTMDu0kQfQboNEAExcsYNqEoOVwJHINwXBrvhRC"
        "m9PBwMFi8_x224KyLzS7FPiJ2Nnj7CwbozFkdzJDTvIgfda2YR6dq-WtyaftE8QBDnpetXXMcUv3bImVo4eNm-RcQutlB-5p3Jp0"
        "9TrJyZsgT26Nfr0s-o17-ifaRLoJOukAt_gPgwUGN1bkFqdTJV4J91OmcAvZjRtqYI_L9bTyFdgGyMEQur2c9D9_ARTGUPyI2H1l"
        "oDLeP6_L8-nWuji1ChPpGw",
    ),
)


@given(experiments())
def test_a_link_is_read_as_the_experiment_that_it_was_made_of(experiment: Experiment) -> None:
    # What is left out of a file says nothing: an argument at its default.
    assert encode_experiment(experiment_of_link(link_of(experiment))) == encode_experiment(experiment)


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_the_link_of_an_example_fits_into_a_line_of_a_mail_and_a_small_code(path: Path) -> None:
    experiment = read_experiment(path)
    link = link_of(experiment)
    assert experiment_of_link(link) == experiment
    assert len(link) < 600


@pytest.mark.parametrize(("name", "link"), KEPT)
def test_links_that_were_sent_are_read_for_ever(name: str, link: str) -> None:
    (path,) = (path for path in example_paths() if path.stem == name)
    assert experiment_of_link(link) == read_experiment(path)


def test_what_a_mail_program_does_to_a_link_does_not_matter() -> None:
    link = link_of(article())
    wrapped = "\n> ".join(link[start : start + 30] for start in range(0, len(link), 30))
    assert experiment_of_link(f"  <{wrapped}>\r\n") == article()
    assert is_link(f"\n <{link}>")
    assert not is_link("1\t2\n3\t4")


def packed(plain: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=links._USUAL)
    return START + base64.urlsafe_b64encode(packer.compress(plain) + packer.flush()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r'begins with "chainrule:1."'),
        ("https://example.org", r'begins with "chainrule:1."'),
        ("chainrule:2.abc", "newer Chainrule: its version is 2"),
        (START, "damaged|its end is missing"),
        (f"{START}a b$c", r"it has a '\$' in it"),
        (f"{START}ä", "it has a 'ä' in it"),
        (f"{START}abcde", "damaged"),
        ("x" * 3 * MOST_CHARACTERS, "expected at most 16,384 characters"),
        (packed(b"[" * 100), r"\$: "),
        (packed(b" " * (MOST_JSON + 1)), "more than 1,048,576"),
        (packed(b'{"format":"chainrule-experiment","version":9}'), "newer Chainrule"),
    ],
)
def test_what_is_no_link_is_refused_in_a_line(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as refused:
        experiment_of_link(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("cut", [1, 2, 10, 40])
def test_a_link_without_its_end_is_said_to_be_cut_or_damaged(cut: int) -> None:
    with pytest.raises(SpecError, match=r"its end is missing|damaged"):
        experiment_of_link(link_of(article())[:-cut])


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_damaged_link_gives_an_experiment_or_a_line(chance: random.Random, count: int) -> None:
    letters = list(link_of(article()))
    for _ in range(count):
        letters[chance.randrange(len(START), len(letters))] = chance.choice("abcXYZ019-_")
    with suppress(SpecError):
        assert isinstance(experiment_of_link("".join(letters)), Experiment)


def test_what_is_too_large_for_a_link_is_sent_as_a_file() -> None:
    chance = random.Random(0)
    rows = tuple((chance.random(), chance.random()) for _ in range(2000))
    many = Experiment(article().network, DataSpec(rows, tuple((1.0,) for _ in rows)))
    with pytest.raises(SpecError, match="characters, and 16,384 are the most; send the file instead"):
        link_of(many)
    # Zeros take next to no room in a link, but in the memory of whoever reads it.
    zeros = Experiment(article().network, DataSpec(((0.0, 0.0),) * 200_000, ((0.0,),) * 200_000))
    with pytest.raises(SpecError, match="too large for a link"):
        link_of(zeros)


def test_a_link_has_every_digit() -> None:
    third = dense((2, 1), 1)
    exact = Experiment(third.network, DataSpec(((1 / 3, 2e-308),), ((0.1 + 0.2,),)))
    assert experiment_of_link(link_of(exact)).data == exact.data


def test_no_blank_and_no_key_of_json_is_in_a_link() -> None:
    """It is JSON that was compressed: what was in a file is in it, and nothing more."""
    link = link_of(article())
    plain = json.loads(links._unpacked(link.removeprefix(START)))
    assert plain["format"] == "chainrule-experiment"
    assert set(link.removeprefix(START)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
