"""Texts for notes: every micro-step is in them with its numbers, nothing in them is broken by what a user wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest
import ziamath
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine.trace import Executor
from chainrule.explain.derivation.derivation import derive, derived_element
from chainrule.explain.documents.derivation import derivation_parts
from chainrule.explain.documents.iteration import MOST_NUMBERS, iteration_parts
from chainrule.explain.documents.latex import latex_document, latex_of_parts, latex_words
from chainrule.explain.documents.markdown import markdown_document, markdown_words
from chainrule.explain.documents.parts import Formulas, Heading, Paragraph, Part
from chainrule.explain.equations import explain_element
from tests.experiments import article, dense
from tests.formulas import formula_experiment

MATH = re.compile(r"(?<!\\)\$((?:\\.|[^$\\])*)\$")


def parts_of(experiment: Experiment) -> list[Part]:
    executor = Executor(experiment)
    found = next(executor.iterations())
    program = executor.program.at(found.iteration)
    return list(iteration_parts(experiment, program, found.values, found.rows))


def is_balanced(text: str) -> bool:
    """Say whether braces, dollars and environments of LaTeX close."""
    bare = re.sub(r"\\[\\{}$&#%_]", "", text)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    begun, ended = (re.findall(rf"\\{which}\{{(\w+)\}}", text) for which in ("begin", "end"))
    return not depth and bare.count("$") % 2 == 0 and sorted(begun) == sorted(ended)


@pytest.mark.parametrize(
    "experiment", [article(), formula_experiment("q = x + y", "f = q*z")], ids=["layers", "formula"]
)
def test_every_micro_step_is_there_by_phase(experiment: Experiment) -> None:
    program = Executor(experiment).program.at(0)
    parts = parts_of(experiment)
    headings = [part for part in parts if isinstance(part, Heading)]
    phases = list(dict.fromkeys(step.phase.value.capitalize() for step in program.steps))
    assert [each.text for each in headings if each.level == 1] == phases
    assert len([each for each in headings if each.level == 2]) == len(program.steps)
    assert not any("Press" in part.text for part in parts if isinstance(part, Paragraph))


def test_numbers_are_those_of_the_trace() -> None:
    experiment = article()
    executor = Executor(experiment)
    found = next(executor.iterations())
    program, shown = executor.program.at(0), parts_of(experiment)
    latex = [text for part in shown if isinstance(part, Formulas) for _, text in part.items]
    for step in program.steps:
        values = {ref: tensor.tolist() for ref, tensor in found.values.items()}
        first = (0,) * found.values[step.writes].dim()
        equation = explain_element(experiment, program, step, first, 0, values.__getitem__)
        assert equation.latex in latex


def test_of_a_wide_layer_some_are_written_and_the_rest_counted() -> None:
    parts = parts_of(dense((3, 20, 1), rows=2))
    texts = [part.text for part in parts if isinstance(part, Paragraph)]
    assert f"And {2 * 20 - MOST_NUMBERS} more numbers." in texts


def test_the_sign_of_what_is_left_out_is_no_difference() -> None:
    """Behind words LaTeX sets a bare minus with room around it; behind a bracket or a relation it does not."""
    parts = parts_of(dense((20, 3, 1), 1))
    for text in (latex_of_parts(parts), markdown_document("", parts)):
        assert re.search(r"more: \}\{-\}\d", text)
        assert not re.search(r"more: \}-", text)
        assert "({-}" not in text


def test_every_formula_can_be_laid_out() -> None:
    for experiment in (article(), formula_experiment("q = x + y", "f = q*z")):
        text = latex_document("A title", parts_of(experiment))
        assert is_balanced(text)
        formulas = [each for each in MATH.findall(text) if each.startswith(r"\displaystyle")]
        assert len(formulas) >= 10
        for each in formulas:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert ziamath.Latex(each.removeprefix(r"\displaystyle ")).svg()


def test_markdown_has_the_same_formulas_between_dollars() -> None:
    text = markdown_document("A title", parts_of(article()))
    assert text.startswith("# A title\n")
    assert "- sample 1: $z^{(1)}_1 = " in text
    assert len(MATH.findall(text)) == len(re.findall(r"\\displaystyle", latex_document("", parts_of(article()))))


@given(st.text())
def test_no_words_break_a_document(words: str) -> None:
    parts = (Heading(words), Paragraph(words), Formulas(((words, r"x = \text{a}"),)))
    assert is_balanced(latex_of_parts(parts))
    markdown = markdown_words(words)
    assert "\n" not in markdown
    assert not MATH.findall(markdown)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_<\[]", markdown)


def test_letters_of_formulas_in_sentences_are_mathematics() -> None:
    assert latex_words("h₁ gets ∂L/∂ŷ · 10⁻⁵") == (r"h${}_{1}$ gets $\partial$L/$\partial\hat{y}$ $\cdot$ 10${}^{-5}$")
    assert latex_words("100 % & more_of $5 {x}") == r"100 \% \& more\_of \$5 \{x\}"
    assert latex_words("naïve 漢") == r"naïve \otherletter{漢}"


def test_a_derivation_has_its_rows_and_what_they_make() -> None:
    experiment = article()
    executor = Executor(experiment)
    found = next(executor.iterations())
    program = executor.program.at(0)
    ref = refs.grad(refs.weight(1))
    step = program.steps[program.index[ref]]
    values = {each: tensor.tolist() for each, tensor in found.values.items()}
    place = derived_element(experiment, step, (0, 0), 0, values.__getitem__, 4)
    derivation = derive(place, program, found.rows)
    assert derivation is not None
    parts = derivation_parts(derivation)
    names = [name for part in parts if isinstance(part, Formulas) for name, _ in part.items]
    wanted = [row.what for section in derivation.sections for row in section.rows]
    assert [name for name in names if name not in ("together", "multiplied")] == wanted
    assert is_balanced(latex_of_parts(parts))


@pytest.mark.skipif(not (shutil.which("pdflatex") or shutil.which("tectonic")), reason="no TeX on this machine")
def test_a_document_compiles(tmp_path: Path) -> None:
    words = Paragraph("All of it: h₁, ∂L/∂ŷ, 漢, δ → ½ “quoted” – {x} \\ ~ ^ | < > # %")
    (tmp_path / "notes.tex").write_text(latex_document("x_1 & 100 % 漢", [words, *parts_of(article())]))
    command = ["tectonic", "notes.tex"] if shutil.which("tectonic") else ["pdflatex", "-halt-on-error", "notes.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "notes.pdf").stat().st_size > 10_000
