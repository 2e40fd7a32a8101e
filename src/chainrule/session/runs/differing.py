"""What several runs differ in: for each of them what it has for itself, in as few words as tell it from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.settings import (
    CHANCE,
    FIRST,
    SHAPE,
    RunSetting,
    SettingKey,
    number_in_words,
    settings_of,
    single_number,
)
from chainrule.model.document import Segment
from chainrule.translation import gettext, gettext_noop

# What cannot be said in a few words.
OTHER = "other "
# Something that was changed in the middle of training, and no setting.
BY_HAND = gettext_noop("by hand")


@dataclass(frozen=True, slots=True)
class _Since:
    """A setting, and the iteration from which on it is that."""

    start: int
    setting: RunSetting


# All settings of a run, each with what it was one after the other.
_Course = dict[SettingKey, tuple[_Since, ...]]


def run_differences(runs: Sequence[tuple[Segment, ...]]) -> tuple[str, ...]:
    """Return for each run, given by its parts, what it differs from the others in: `lr 0.1`, `Adam`; empty where in
    nothing.
    """
    courses = [_course(run) for run in runs]
    keys = [key for key in dict.fromkeys(key for course in courses for key in course) if _differs(key, courses)]
    # First weights are others where seed, scheme or shape are.
    if any(key[0] in (CHANCE, SHAPE) for key in keys):
        keys = [key for key in keys if key[0] != FIRST]
    first = [key for key in keys if key[0] == FIRST]
    rest = [[_in_words(key, courses, place) for key in keys if key not in first] for place in range(len(runs))]
    of_first = _first_in_words(first, courses, [run[0].experiment for run in runs]) if first else ("",) * len(runs)
    return tuple(", ".join(filter(None, (*words, others))) for words, others in zip(rest, of_first, strict=True))


def _course(run: tuple[Segment, ...]) -> _Course:
    found: dict[SettingKey, list[_Since]] = {}
    before: Segment | None = None
    for part in run:
        known = settings_of(part.experiment)
        for key, setting in known.items():
            # What is trained on from there are other numbers than the first ones.
            if key[0] == FIRST and before is not None:
                continue
            since = found.setdefault(key, [])
            if not since or since[-1].setting.value != setting.value:
                since.append(_Since(part.start, setting))
        if part.overrides or (before is not None and part.experiment == before.experiment):
            text = f"numbers set by hand at iteration {part.start}"
            found[gettext(BY_HAND), part.start] = [_Since(part.start, RunSetting(part, text, alone=True))]
        before = part
    return {key: tuple(since) for key, since in found.items()}


def _differs(key: SettingKey, courses: Sequence[_Course]) -> bool:
    """Return whether runs differ in a setting: those that have it, or in that they have it at all."""
    having = [course[key] for course in courses if key in course]
    first = having[0]
    if len(courses) == 1:
        return False
    if any(_values(other) != _values(first) for other in having[1:]):
        return True
    return len(having) < len(courses) and first[0].setting.alone


def _values(since: tuple[_Since, ...]) -> list[tuple[int, object]]:
    return [(each.start, each.setting.value) for each in since]


def _in_words(key: SettingKey, courses: Sequence[_Course], place: int) -> str:
    """Return what a run has of a setting: what all begin with is not said of one that changes it later."""
    if key not in courses[place]:
        return ""
    begun = [course[key][0].setting for course in courses if key in course]
    first, *later = courses[place][key]
    text = _texts(key, courses)
    changes = [f"{text(each.setting)} from iteration {each.start}" for each in later]
    is_common = all(setting.value == first.setting.value for setting in begun)
    # To each of two both would be the other ones.
    is_told = not first.setting.text.startswith(OTHER) or begun[0].value != first.setting.value
    return ", ".join([text(first.setting)] * (is_told and not (later and is_common)) + changes)


def _texts(key: SettingKey, courses: Sequence[_Course]) -> Callable[[RunSetting], str]:
    """Return what says a setting: with all digits of a number only where fewer would say the same of two."""
    settings = [each.setting for course in courses for each in course.get(key, ())]
    values: dict[str, object] = {}
    alike = any(values.setdefault(setting.text, setting.value) != setting.value for setting in settings)
    return lambda setting: (setting.exact if alike else "") or setting.text


def _first_in_words(
    keys: Sequence[SettingKey], courses: Sequence[_Course], begun: Sequence[Experiment]
) -> tuple[str, ...]:
    """Return of first weights the one number in which runs differ, or which runs have others than the first run."""
    if len(keys) == 1 and (numbers := _single_numbers(keys[0], begun)):
        return numbers
    weights = [[course[key][0].setting.value if key in course else None for key in keys] for course in courses]
    return tuple(f"{OTHER}first weights" if each != weights[0] else "" for each in weights)


def _single_numbers(key: SettingKey, begun: Sequence[Experiment]) -> tuple[str, ...]:
    """Return the one first number of a parameter in which runs differ, for each; none where that are more."""
    ref = ValueRef(str(key[1]))
    given = [experiment.parameters.get(ref) for experiment in begun]
    if any(numbers is None for numbers in given):
        return ()
    places = {single_number(given[0], other) for other in given[1:] if other != given[0]}
    index = places.pop() if len(places) == 1 else None
    if index is None:
        return ()
    return tuple(number_in_words(experiment, ref, index) for experiment in begun)
