"""What is collected for translators: every text that is looked up, in one file that is up to date."""

from __future__ import annotations

from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from scripts.strings import TEMPLATE, Text, compiled, language_files

from tests.translation.test_calls import places


def test_the_template_holds_the_texts_of_now(found: tuple[Text, ...]) -> None:
    """If not: `make strings`."""
    with TEMPLATE.open("rb") as file:
        held = read_po(file)
    kept = {(message.context or "", message.id if isinstance(message.id, str) else message.id[0]) for message in held}
    assert {text.key for text in found} == kept - {("", "")}


def test_a_text_has_one_plural_everywhere(found: tuple[Text, ...]) -> None:
    plurals: dict[tuple[str, str], set[str]] = {}
    for text in found:
        plurals.setdefault(text.key, set()).add(text.plural)
    assert {key: forms for key, forms in plurals.items() if len(forms) > 1} == {}


def test_lessons_and_tables_are_in_it(found: tuple[Text, ...]) -> None:
    known = {text.text for text in found}
    assert {"One neuron and its three multipliers", "Meet the neuron", "Undo", "Slope", "{count} row"} <= known
    assert not any(text.text.replace(" ", "").replace(".", "").isdigit() for text in found), "a number needs no words"


@pytest.mark.parametrize("path", language_files(), ids=lambda path: path.parents[1].name)
def test_each_language_is_compiled_and_keeps_the_places(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == compiled(path), "make strings"
    with path.open("rb") as file:
        for message in read_po(file):
            for text in filter(None, message.string if isinstance(message.string, tuple) else (message.string,)):
                english = message.id if isinstance(message.id, str) else message.id[-1]
                assert places(text) == places(english) or not message.id


def test_a_language_is_compiled_to_what_the_program_reads(tmp_path: Path) -> None:
    path = tmp_path / "chainrule.po"
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(
        f'{head}msgid "Undo"\nmsgstr "Rückgängig"\n\n#, fuzzy\nmsgid "Redo"\nmsgstr "?"\n', encoding="utf-8"
    )
    read = GNUTranslations(BytesIO(compiled(path)))
    assert (read.gettext("Undo"), read.gettext("Redo")) == ("Rückgängig", "Redo")
