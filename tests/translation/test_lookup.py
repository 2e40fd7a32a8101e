"""The lookup: English without a language, places filled after the translation, and what a language may get wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from chainrule import translation
from chainrule.catalog.experiment.spec_error import plural
from chainrule.translation import choose_language, gettext, languages, ngettext, pgettext, wanted_languages
from tests.session.programs import result_of


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a few texts in German, the language that is chosen."""
    catalog = Catalog(locale="de")
    catalog.add("Undo", "Rückgängig")
    catalog.add("Layer {number} of {count}", "{count} Schichten, davon die {number}.")
    catalog.add("{number} left", "noch {nummer}")
    catalog.add("{name} is gone", "{name")
    catalog.add(("{count} row", "{count} rows"), ("{count} Zeile", "{count} Zeilen"))
    catalog.add("right", "rechts", context="side")
    catalog.add("right", "richtig", context="verdict")
    folder = tmp_path / "languages" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "chainrule.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(translation, "resources_directory", lambda: tmp_path)
    assert choose_language(["de_AT.UTF-8"]) == "de"
    yield
    translation.use_translations(None)


def test_without_a_language_a_text_is_itself() -> None:
    assert gettext("Undo") == "Undo"
    assert gettext("Layer {number} of {count}", number=2, count=3) == "Layer 2 of 3"
    assert gettext("{{x}} in braces") == "{{x}} in braces"
    assert [ngettext("{count} row", "{count} rows", count) for count in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert pgettext("side", "right") == "right"


@pytest.mark.usefixtures("german")
def test_places_are_filled_after_the_translation() -> None:
    assert gettext("Undo") == "Rückgängig"
    assert gettext("Layer {number} of {count}", number=2, count=3) == "3 Schichten, davon die 2."
    assert [plural(count, "row") for count in (1, 2)] == ["1 Zeile", "2 Zeilen"]
    assert (pgettext("side", "right"), pgettext("verdict", "right")) == ("rechts", "richtig")


@pytest.mark.usefixtures("german")
def test_what_is_not_translated_is_english_and_nothing_stays_nothing() -> None:
    assert gettext("Redo") == "Redo"
    assert gettext("") == pgettext("side", "") == ""


@pytest.mark.usefixtures("german")
def test_a_translation_with_wrong_places_is_passed_over() -> None:
    assert gettext("{number} left", number=3) == "3 left"
    assert gettext("{name} is gone", name="w") == "w is gone"


@pytest.mark.usefixtures("german")
def test_the_first_language_that_there_is_is_taken() -> None:
    assert languages() == ("de",)
    assert choose_language(["fr", "de-CH"]) == "de"
    assert choose_language(["en_GB.UTF-8", "de"]) == ""
    assert gettext("Undo") == "Undo"
    assert choose_language(["C.UTF-8", "de"]) == choose_language(["fr", "../de", "de/x"]) == ""


def test_a_catalogue_that_is_damaged_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "languages" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    monkeypatch.setattr(translation, "resources_directory", lambda: tmp_path)
    for damaged in (b"", b"not a catalogue", b"\xde\x12\x04\x95" + b"\xff" * 40):
        (folder / "chainrule.mo").write_bytes(damaged)
        assert choose_language(["de"]) == ""


def test_a_setting_comes_before_the_environment_and_that_before_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert wanted_languages(system=("de-DE", "en")) == ("de-DE", "en")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert wanted_languages(system=("de-DE",)) == ("fr_FR.UTF-8",)
    monkeypatch.setenv("LANGUAGE", "es:pt_BR")
    assert wanted_languages() == ("es", "pt_BR")
    assert wanted_languages("it") == ("it",)


def test_the_module_brings_neither_qt_nor_torch_nor_a_catalogue() -> None:
    """The catalogue, which loads in milliseconds, says its texts by it."""
    code = """
import sys
import chainrule.catalog.experiment.spec_error
loaded = {name.partition(".")[0] for name in sys.modules}
result = sorted({"PySide6", "torch", "numpy", "msgspec", "babel"} & loaded)
"""
    assert result_of(code) == []
