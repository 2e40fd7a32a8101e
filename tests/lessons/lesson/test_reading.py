"""What is wrong in a lesson's file is said in one line, with the step counted from 1 and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.lesson.checking import lesson_faults
from chainrule.lessons.lesson.folder import load_lesson
from tests.lessons.lesson.folders import SIMPLE, lesson_folder

STEP = SIMPLE.replace('text = "Read."\n', "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "lesson/lesson.toml: this is not TOML: invalid value (at end of document)"),
        ("title = 1\n", 'lesson/lesson.toml: missing key "experiment"'),
        (SIMPLE.replace('"T"', "1"), "lesson/lesson.toml: title: expected text, got an integer"),
        (
            SIMPLE.replace('"T"', "2020-01-01"),
            "lesson/lesson.toml: title: expected text or a number, got a date or a time",
        ),
        (
            SIMPLE + "texts = 1\n",
            "lesson/lesson.toml: step 1, texts: unknown key; allowed here: text, file, title, experiment, at, select, "
            "view, lit, hide, do, hints, claims",
        ),
        (STEP, 'lesson/lesson.toml: step 1: missing key "text", or "file" with the name of a Markdown file'),
        (STEP + 'file = "no.md"', "lesson/lesson.toml: step 1, file: no.md: cannot be read: no such file or folder"),
        (
            STEP + 'file = "../no.md"',
            'lesson/lesson.toml: step 1, file: expected the name of a file in the folder of the lesson, got "../no.md"',
        ),
        (SIMPLE + "hints = [1]", "lesson/lesson.toml: step 1, hints 1: expected text, got an integer"),
        (
            SIMPLE + 'hints = ["a $x"]',
            'lesson/lesson.toml: step 1, hints 1: a formula begins with $ and does not end: "$x"',
        ),
        (
            SIMPLE + 'hide = ["menu"]',
            'lesson/lesson.toml: step 1, hide 1: no control "menu" can be hidden; there are experiment, equation, ',
        ),
        (
            SIMPLE + "do = { check = 1 }",
            "lesson/lesson.toml: step 1, do, check: expected text, got an integer",
        ),
        (
            SIMPLE + 'do = [{ check = "loss" }, { chek = "loss" }]',
            "lesson/lesson.toml: step 1, do 2: expected reach, edit, predict, check or loss_below, got chek",
        ),
        (
            SIMPLE + 'do = { check = "loss", to = 1 }',
            "lesson/lesson.toml: step 1, do, to: unknown key; allowed here: check",
        ),
        (
            SIMPLE + 'at = { after = "loss", phase = "loss" }',
            'lesson/lesson.toml: step 1, at: expected one of "after", "before" and "phase"',
        ),
        (
            SIMPLE + 'select = "loss[x]"',
            "lesson/lesson.toml: step 1, select: expected a number such as layers.0.weight[0,1], or loss@3 for that of "
            'iteration 3, got "loss[x]"',
        ),
        (
            SIMPLE + 'view = ["plot"]',
            'lesson/lesson.toml: step 1, view, cards 1: no view "plot" here; there are loss, gradients, ',
        ),
        (
            SIMPLE + "do = { loss_below = nan }",
            "lesson/lesson.toml: step 1, do, loss_below: expected a finite number, got nan",
        ),
        (
            SIMPLE.replace("neuron.chainrule", "other.chainrule"),
            "lesson/lesson.toml: experiment: other.chainrule: cannot be read: no such file or folder",
        ),
        ("a = " + "[" * 3000, "lesson/lesson.toml: this is not TOML that can be read"),
    ],
)
def test_a_fault_is_one_line_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        load_lesson(lesson_folder(tmp_path, text))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            'select = "layers.1.weight[0,0]"',
            'select: there is no value "layers.1.weight"; did you mean layers.0.weight?',
        ),
        ('select = "layers.0.weight"', "select: say which number of layers.0.weight: layers.0.weight[0,0]"),
        (
            'lit = ["loss", "layers.0.weight[0,1]"]',
            'lit 2: "layers.0.weight[0,1]": layers.0.weight is of 1 by 1 numbers, from [0,0] on',
        ),
        ('at = { after = "los" }', 'at, after: no micro-step writes "los"; did you mean loss?'),
        (
            'do = { reach = { iteration = 0 } }\nat = { after = "loss" }',
            "do 1, reach: the step begins there, or behind it",
        ),
        ('do = { edit = "lr", to = 0.5 }', "do 1, to: it is 0.5 already"),
        ('do = { edit = "optimizer.rate" }', 'do 1, edit: the experiment has nothing at "optimizer.rate"'),
        ('do = { edit = "optimiser.lr" }', 'do 1, edit: nothing can be edited at "optimiser.lr"'),
        ('do = { check = "los" }', 'do 1, check: there is no value "los"; did you mean loss?'),
        ('hints = ["It is {{los}}."]', 'hints 1: there is no value "los"; did you mean loss?'),
        ('hints = ["It is 0.53."]', "hints 1: the text states 0.53, and nothing says what that is"),
        (
            'hints = ["It is 0.54."]\nclaims = [{ says = "0.54", number = "loss@0" }]',
            "claims 1, says: the text states 0.54, and it is 0.53444665",
        ),
        (
            'hints = ["It is 0.26."]\nclaims = [{ says = "0.26", formula = "1/4" }]',
            "claims 1, says: the text states 0.26, and it is 0.25000000",
        ),
        ("hints = ['It is $\\frac{1$.']", 'hints 1: the formula "\\frac{1" cannot be typeset'),
    ],
)
def test_what_the_experiment_has_not_is_said(more: str, message: str, tmp_path: Path) -> None:
    found = [str(fault) for fault in lesson_faults(load_lesson(lesson_folder(tmp_path, SIMPLE + more)))]
    assert len(found) == 1, found
    assert found[0].startswith(f"lesson/lesson.toml: step 1, {message}")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    folder = lesson_folder(tmp_path, STEP + 'file = "link.md"')
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(SpecError, match=r"step 1, file: link\.md: this leads out of the folder"):
        load_lesson(folder)
