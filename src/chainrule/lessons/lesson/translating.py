"""A lesson in the language that was chosen: its lines, and its texts paragraph by paragraph.

A paragraph keeps its formulas and its numbers between double braces; one that has no words beside them is not looked
up. So a change of one sentence leaves the translation of all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.lesson.reading import checked_text
from chainrule.lessons.lesson.spec import Lesson, LessonStep
from chainrule.translation import gettext

_BETWEEN = re.compile(r"(\n[ \t]*\n\s*)")
# Formulas, numbers and code: what is the same in each language.
_NO_WORDS = re.compile(r"\$\$[^$]*\$\$|\$[^$]*\$|\{\{[^{}]*\}\}|`[^`\n]*`")


def in_language(lesson: Lesson) -> Lesson:
    """Return a lesson with all that people read of it in the language that was chosen."""
    return replace(
        lesson,
        title=gettext(lesson.title),
        summary=gettext(lesson.summary),
        steps=tuple(_step(step) for step in lesson.steps),
    )


def lesson_texts(lesson: Lesson) -> Iterator[str]:
    """Yield each text of an English lesson that is looked up, once for each place."""
    yield lesson.title
    if lesson.summary:
        yield lesson.summary
    for step in lesson.steps:
        for text in (step.title, step.text, *step.hints, step.notes):
            yield from filter(has_words, _BETWEEN.split(text.strip()))


def has_words(text: str) -> bool:
    """Return whether there is something to translate beside formulas, numbers and code."""
    return any(letter.isalpha() for letter in _NO_WORDS.sub("", text))


def translated_text(text: str, translate: Callable[[str], str] = gettext) -> str:
    """Return a text with each paragraph translated; those whose formulas or numbers do not come apart stay English."""
    return "".join(_paragraph(part, translate) if has_words(part) else part for part in _BETWEEN.split(text.strip()))


def _paragraph(text: str, translate: Callable[[str], str]) -> str:
    found = translate(text)
    if found is text:
        return text
    try:
        return checked_text(found, "$")
    except SpecError:
        return text


def _step(step: LessonStep) -> LessonStep:
    return replace(
        step,
        title=translated_text(step.title),
        text=translated_text(step.text),
        hints=tuple(translated_text(hint) for hint in step.hints),
        notes=translated_text(step.notes),
    )
