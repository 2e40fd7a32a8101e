"""Lists of a class, as they are written and as they are exported by others; and names of files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.assignments.friendly import plain_name
from chainrule.lessons.assignments.roster import names_of_files, roster_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Lovelace\nAlan  Turing\n\n", ("Ada Lovelace", "Alan Turing")),
        ("Lovelace, Ada\nTuring, Alan", ("Lovelace, Ada", "Turing, Alan")),
        ("Name,Email\nAda,a@x\nAlan,b@x", ("Ada", "Alan")),
        ("First name;Last name;ID number\nAda;Lovelace;7\nAlan;Turing;8", ("Ada Lovelace", "Alan Turing")),
        ("id\tcourse\n17\tML\n18\tML", ("17", "18")),
        ('"Student","x"\n"Hopper, Grace",1', ("Hopper, Grace",)),
        ("Žofie Müller", ("Žofie Müller",)),
    ],
)
def test_names_are_read(text: str, names: tuple[str, ...]) -> None:
    assert roster_names(text) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "roster: there is no name in it"),
        ("Name,Email\n", "roster: there is no name in it"),
        ("Ada\nada ", 'roster: "ada" is there twice: add what tells them apart, as an id'),
        ("A" * 101, "roster: expected names of at most 100 characters"),
        ("Ada\x07", "roster: there are control characters in the name"),
        ("\n".join(map(str, range(5001))), "roster: expected at most 5000 names, got 5001"),
    ],
)
def test_what_is_no_list_is_refused(text: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        roster_names(text)
    assert str(error.value).startswith(said)


def test_names_of_files_are_ones_that_every_system_takes() -> None:
    found = names_of_files(("key", "a/b", "a\\b", "CON", "Ada.", "..", "KEY"))
    assert found == {
        "key": "key", "a/b": "a_b", "a\\b": "a_b 2", "CON": "_CON", "Ada.": "Ada", "..": "_", "KEY": "KEY 2",
    }  # fmt: skip


@given(st.lists(st.text(max_size=120), max_size=8, unique=True))
def test_no_two_names_share_a_file(names: list[str]) -> None:
    found = names_of_files(names)
    assert len({plain_name(each) for each in found.values()}) == len(names)
    assert not any(set(each) & set('<>:"/\\|?*\x00\n') for each in found.values())


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        names = roster_names(text)
    except SpecError:
        return
    assert all(names)
    assert len(set(map(plain_name, names))) == len(names)
