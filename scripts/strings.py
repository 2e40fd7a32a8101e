"""Collects what is translated into resources/languages/chainrule.pot, and prepares each language that is there.

`make strings` runs it. Texts come from three places: calls of `gettext`, `pgettext`, `ngettext` and `plural` in the
sources; tables, such as that of actions, which are imported and asked; and the lessons. Each language's .po is brought
up to date, and compiled to the .mo that the program reads.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values.step_kinds import Phase
from chainrule.commands.export import FORMATS
from chainrule.explain.names.steps import STEP_TITLES
from chainrule.explain.names.vocabulary import TERMS
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.lessons.lesson.translating import lesson_texts
from chainrule.resource_files import example_paths
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.board.kinds import VIEW_KINDS
from chainrule.ui.help.text import help_texts
from chainrule.ui.tour.stops import STOPS

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src" / "chainrule"
LANGUAGES = ROOT / "resources" / "languages"
TEMPLATE = LANGUAGES / "chainrule.pot"
KEYWORDS = {"gettext": None, "gettext_noop": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}
# The day of the last change would change the file each time.
_DATE = re.compile(rb'^"(POT-Creation-Date|PO-Revision-Date): .*\n', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One text to translate: its plural form where there is one, the context, and where it is from."""

    text: str
    plural: str = ""
    context: str = ""
    place: str = ""
    comment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is looked up by."""
        return self.context, self.text


def texts() -> Iterator[Text]:
    """Yield all texts, those of the sources first."""
    yield from of_sources()
    yield from of_tables()
    yield from of_lessons()


def of_sources() -> Iterator[Text]:
    """Yield the texts in calls, with the file that each stands in."""
    for path in sorted(SOURCES.rglob("*.py")):
        code, place = path.read_bytes(), path.relative_to(ROOT).as_posix()
        if b"gettext" not in code and b"plural(" not in code:
            continue
        for _, found, comments, context in extract("python", BytesIO(code), KEYWORDS, ("Translators:",)):
            one, many = found if isinstance(found, tuple) else (found, "")
            yield Text(one, many, context or "", place, " ".join(comments))
        for noun in counted(ast.parse(code)):
            yield Text(f"{{count}} {noun}", f"{{count}} {noun}s", place=place)


def counted(tree: ast.Module) -> Iterator[str]:
    """Yield the nouns of `plural(count, noun)`, and those that functions hand on to it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("plural", "_layer"):
            for part in ast.walk(node.args[-1]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def of_tables() -> Iterator[Text]:
    """Yield the texts of the tables, which are looked up where they are shown."""
    yield from _of_catalog()
    yield from _of_steps()
    yield from _of_window()
    yield from _of_help()


def _of_catalog() -> Iterator[Text]:
    tables = (ACTIVATIONS, CLIPPINGS, LOSSES, OPTIMIZERS, PENALTIES, SCHEDULERS)
    for entry in (entry for table in tables for entry in table.values()):
        for argument in entry.arguments:
            yield Text(argument.label, place="catalog", comment=f"PyTorch's argument {argument.name}")
        for said in ("words", "pull", "clipped"):
            # What an optimizer does is said by each of its computations.
            if isinstance(text := getattr(entry, said, None), str):
                yield Text(text, place="catalog", comment=f"What {entry.name} does, as a part of a sentence")


def _of_steps() -> Iterator[Text]:
    for phase in Phase:
        yield Text(phase.value.capitalize(), "", "phase", "explain/names/phases.py", "A phase of an iteration")
    for title in STEP_TITLES.values():
        yield Text(title, place="explain/names/steps.py", comment="What a micro-step computes; before it, its phase")


def _of_window() -> Iterator[Text]:
    for action in ACTIONS:
        yield Text(action.menu, place="ui/actions", comment="A menu")
        yield Text(action.text, place="ui/actions", comment=f"In the menu {action.menu}")
        yield Text(action.tip, place="ui/actions", comment=f"What “{action.text}” does")
    for key in HALL_KEYS:
        yield Text(key.text, place="ui/actions/hall_actions.py", comment="A button of the lecturer's screen")
        yield Text(key.tip, place="ui/actions/hall_actions.py", comment=f"What “{key.text}” does")
    for kind in VIEW_KINDS:
        yield Text(kind.title, place="ui/board/kinds.py", comment="A view: one short word")
        yield Text(kind.tip, place="ui/board/kinds.py", comment=f"What the view “{kind.title}” shows")
    for format_ in FORMATS.values():
        for text in (format_.title, format_.tip):
            yield Text(text, place="commands/export.py", comment="File > Export")
    for path in example_paths():
        title = json.loads(path.read_text(encoding="utf-8"))["title"]
        yield Text(title, place=f"resources/experiments/{path.name}", comment="The menu of experiments")


def _of_help() -> Iterator[Text]:
    for stop in STOPS:
        for text in (stop.title, stop.text, stop.task):
            yield Text(text, place="ui/tour/stops.py", comment="The tour")
    for text in help_texts():
        yield Text(text, place="ui/help/text.py", comment="The help, in HTML")
    for term in TERMS:
        yield Text(term.name, "", "term", "explain/names/vocabulary.py", "A word of the glossary")
        yield Text(term.meaning, "", "term", "explain/names/vocabulary.py", f"What “{term.name}” means")


def of_lessons() -> Iterator[Text]:
    """Yield the lines and paragraphs of the lessons that come with the program."""
    for folder in shipped_lessons():
        for text in lesson_texts(load_lesson(folder)):
            yield Text(
                text, place=f"resources/lessons/{folder.name}", comment="A lesson; keep formulas and {{numbers}}"
            )


def template() -> Catalog:
    """Return the catalogue of all texts, without translations."""
    catalog = Catalog(project="Chainrule", version=None, copyright_holder="The Chainrule authors", domain="chainrule")
    catalog.header_comment = "# What Chainrule says, to be translated. Made by `make strings`."
    for text in texts():
        if text.text:
            identifier = (text.text, text.plural) if text.plural else text.text
            comments = [text.comment] if text.comment else []
            catalog.add(identifier, locations=[(text.place, 0)], auto_comments=comments, context=text.context or None)
    return catalog


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as a file has it: in the order of the texts, without dates and lines."""
    file = BytesIO()
    write_po(file, catalog, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return _DATE.sub(b"", file.getvalue())


def compiled(path: Path) -> bytes:
    """Return the .mo of a .po file; what is marked as fuzzy waits for a person."""
    with path.open("rb") as file:
        catalog = read_po(file)
    made = BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def language_files() -> list[Path]:
    """Return the .po of each language."""
    return sorted(LANGUAGES.glob("*/LC_MESSAGES/chainrule.po"))


def main() -> None:
    """Write the template, bring each language up to date, and compile it."""
    made = template()
    LANGUAGES.mkdir(exist_ok=True)
    TEMPLATE.write_bytes(written(made))
    print(f"{TEMPLATE.relative_to(ROOT)}: {len(made)} texts")
    for path in language_files():
        with path.open("rb") as file:
            language = read_po(file, locale=path.parents[1].name, domain="chainrule")
        language.update(made)
        path.write_bytes(written(language))
        path.with_suffix(".mo").write_bytes(compiled(path))
        done = sum(bool(message.string) and not message.fuzzy for message in language if message.id)
        print(f"{path.relative_to(ROOT)}: {done} of {len(made)} texts")


if __name__ == "__main__":
    main()
