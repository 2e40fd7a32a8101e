"""The one way of a text to a reader: gettext's, from English to the language that was chosen.

English is the text itself, so that nothing is looked up where no language was chosen. A sentence with something in it
is a template with named places, which is translated first and filled afterwards; numbers and formulas fill places and
are never looked up. Whoever has a table of texts keeps them in English, and looks up what is shown when it is shown:
the language is chosen after the tables were imported.

The language is one for the process, as a locale is: which one it is, no part of the program asks.
"""

from __future__ import annotations

import gettext as library
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chainrule.resource_files import resources_directory

DOMAIN = "chainrule"
# What a person may set, in gettext's order: LANGUAGE is a list, the others are locales.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
# `de_AT.UTF-8@euro` is de_AT, and then de.
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[_-]([A-Za-z0-9]{2,8}))*(?:[.@].*)?")
ENGLISH = "en"

_chosen: library.NullTranslations | None = None


def gettext(text: str, /, **places: object) -> str:
    """Return a text in the language that was chosen, with `{name}` filled by the place of that name, if any is given.

    Without a translation it is the text itself. A translation whose places are wrong is passed over.
    """
    # An empty text stands for the head of a catalogue.
    found = text if _chosen is None or not text else _chosen.gettext(text)
    return _filled(found, text, places) if places else found


def gettext_noop(text: str) -> str:
    """Return a text of a table as it is: the mark says that it is looked up where it is shown."""
    return text


def pgettext(context: str, text: str, /, **places: object) -> str:
    """Return a text as `gettext` does, of a word with several meanings: the context says which one is meant."""
    found = text if _chosen is None or not text else _chosen.pgettext(context, text)
    return _filled(found, text, places) if places else found


def ngettext(one: str, many: str, count: int, /, **places: object) -> str:
    """Return the form for a count, `one` or `many` in English, with the places and `{count}` filled."""
    english = one if count == 1 else many
    found = english if _chosen is None else _chosen.ngettext(one, many, count)
    return _filled(found, english, {"count": count} | places)


def _filled(found: str, english: str, places: dict[str, object]) -> str:
    try:
        return found.format(**places)
    except (LookupError, ValueError, AttributeError):
        # What a translator wrote is text from outside: the English is better than an error in a paint event.
        return english.format(**places)


def use_translations(translations: library.NullTranslations | None) -> None:
    """Have texts looked up in these translations from now on, or None for English."""
    global _chosen  # noqa: PLW0603 - one language for the process
    _chosen = translations


def choose_language(wanted: Iterable[str]) -> str:
    """Take the first of the wanted languages that there is, and return its code; empty for English.

    English wanted before all others that are there is English. A catalogue that cannot be read is passed over.
    """
    folder = languages_directory()
    for code in _in_order(wanted):
        if code == ENGLISH:
            break
        path = folder / code / "LC_MESSAGES" / f"{DOMAIN}.mo"
        try:
            with path.open("rb") as file:
                use_translations(library.GNUTranslations(file))
        except Exception:
            # What a damaged catalogue raises is of any kind: the library reads it as it comes.
            continue
        return code
    use_translations(None)
    return ""


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that there are, beside English."""
    return tuple(sorted(path.parents[1].name for path in languages_directory().glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


def languages_directory() -> Path:
    """Return the folder with a folder for each language."""
    return resources_directory() / "languages"


def wanted_languages(setting: str = "", system: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the languages that are wanted, the dearest first: the setting, what the environment says, or the system's.

    As gettext has it, the first of LANGUAGE, LC_ALL, LC_MESSAGES and LANG that is set counts; LANGUAGE has several,
    with colons between them. The system's are asked where none is set: Windows and macOS keep them elsewhere.
    """
    if setting:
        return (setting,)
    said = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    return tuple(part for part in said.split(":") if part) or tuple(system)


def _in_order(wanted: Iterable[str]) -> Iterator[str]:
    """Yield each language as it may be called: `pt_BR`, then `pt`; what is no language is left out."""
    for text in wanted:
        if text.partition(".")[0] in ("C", "POSIX"):
            yield ENGLISH
        elif found := _LOCALE.fullmatch(text):
            if found[2]:
                yield f"{found[1].lower()}_{found[2].upper()}"
            yield found[1].lower()
