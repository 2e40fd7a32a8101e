"""Worksheets: what is given is there, no answer is before the key, and the key has the trace's numbers."""

from __future__ import annotations

import re

import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.values import refs
from chainrule.explain.documents.latex import latex_document
from chainrule.explain.documents.markdown import markdown_document
from chainrule.explain.documents.network_drawing import network_drawing, svg_of_drawing
from chainrule.explain.documents.parts import DrawingPart, Formulas, Heading, NewPage, Part, TablePart, WritingLines
from chainrule.lessons.assignments.given import written_answer
from chainrule.lessons.assignments.worksheet import document_parts
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from tests.experiments import article, penalized
from tests.lessons.assignments.sheets import asked, read_number, variants


def tables(parts: list[Part]) -> list[TablePart]:
    return [part for part in parts if isinstance(part, TablePart)]


def split_at_key(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    place = next(i for i, part in enumerate(parts) if isinstance(part, Heading) and part.text.startswith("Key"))
    return parts[:place], parts[place:]


def test_the_key_has_the_numbers_of_the_trace_on_pages_of_its_own() -> None:
    assignment = asked("backward")
    sheet, key = split_at_key(list(document_parts([("", assignment)])))
    assert isinstance(sheet[-1], NewPage)
    (table,) = tables(key)
    column = [cell.text for cell in table.head].index("answer")
    half = len(table.head) // 2
    found = {}
    for row in table.rows:
        for side in (0, half):
            if row[side].text.strip():
                found[row[side].text] = read_number(row[side + column].text)
    assert len(found) == len(assignment.numbers)
    for number in assignment.numbers:
        assert found[number.key] == pytest.approx(number.right, rel=1e-5)


def test_no_answer_stands_on_the_sheet() -> None:
    assignment = asked("backward,update")
    sheet, _ = split_at_key(list(document_parts([("", assignment)])))
    text = markdown_document("", sheet)
    given = {1, 2, 3, 4, 0.1, 0.2, 0.3, 0.4, 0.5, -0.6, 0, 0.01}
    answers = [n.right for n in assignment.numbers if not any(abs(n.right - each) < 1e-9 for each in given)]
    assert len(answers) > 20
    assert not [answer for answer in answers if written_answer(answer) in re.findall(r"[−\d.]+", text)]
    assert not any(
        isinstance(part, Formulas) and any("=" in latex and "0." in latex for _, latex in part.items) for part in sheet
    )


def test_what_is_given_is_all_that_the_trace_begins_with() -> None:
    assignment = asked("update")
    sheet, _ = split_at_key(list(document_parts([("", assignment)])))
    data, parameters, _ = tables(sheet)
    assert [[cell.text for cell in row] for row in data.rows] == [["1", "1", "2", "1"], ["2", "3", "4", "2"]]
    pairs = {}
    for row in parameters.rows:
        for name, number in zip(row[::2], row[1::2], strict=True):
            if name.text.strip():
                pairs[name.text] = read_number(number.text)
    assert pairs == {
        "w₁₁⁽¹⁾": 0.1, "w₁₂⁽¹⁾": 0.2, "w₂₁⁽¹⁾": 0.3, "w₂₂⁽¹⁾": 0.4, "b₁⁽¹⁾": 0.0, "b₂⁽¹⁾": 0.0,
        "w₁⁽²⁾": 0.5, "w₂⁽²⁾": -0.6, "b⁽²⁾": 0.1, "η": 0.01,
    }  # fmt: skip


def test_a_whole_value_is_a_table_of_its_shape() -> None:
    assignment = asked("layers.0.pre_activation, layers.0.weight.grad", whole=True)
    _, key = split_at_key(list(document_parts([("", assignment)])))
    per_sample, matrix = tables(key)
    assert [cell.text for cell in per_sample.head] == ["sample", "z₁⁽¹⁾", "z₂⁽¹⁾"]
    found = [[read_number(cell.text) for cell in row[1:]] for row in per_sample.rows]
    assert found == assignment.calculations[0].values[refs.pre_activation(0)].tolist()
    gradient = assignment.calculations[0].values[refs.grad(refs.weight(0))]
    for row, numbers in zip(matrix.rows, gradient.tolist(), strict=True):
        assert [read_number(cell.text) for cell in row[1::2]] == pytest.approx(numbers, rel=1e-5)


def test_variants_stand_one_after_the_other_and_their_keys_behind_them() -> None:
    sheets = variants(asked("loss"), 3)
    headings = [part.text for part in document_parts(sheets) if isinstance(part, Heading) and part.level == 1]
    assert headings == ["A", "B", "C", "Key: A", "Key: B", "Key: C"]
    without = [part.text for part in document_parts(sheets, key=False) if isinstance(part, Heading) and part.level == 1]
    assert without == ["A", "B", "C"]


def test_there_is_room_to_work() -> None:
    lines = [part for part in document_parts([("", asked("loss"))]) if isinstance(part, WritingLines)]
    assert [part.label for part in lines] == ["Name", ""]
    assert lines[1].count == 8


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_every_example_can_be_a_worksheet(path: object) -> None:
    experiment = checked_experiment(read_experiment(path))  # type: ignore[arg-type]
    assignment = asked(
        "loss,weight_gradient" if experiment.network.layers else "backward", whole=True, experiment=experiment
    )
    parts = list(document_parts([("A", assignment)]))
    assert markdown_document(experiment.title, parts).count("\n") > 30
    assert r"\begin{longtable}" in latex_document(experiment.title, parts)
    assert any(isinstance(part, DrawingPart) for part in parts) == bool(experiment.network.layers)


def test_several_iterations_are_told_apart() -> None:
    assignment = asked("loss", iterations=2)
    headings = [part.text for part in document_parts([("", assignment)]) if isinstance(part, Heading)]
    assert [text for text in headings if text.startswith("Iteration")] == ["Iteration 0", "Iteration 1"] * 2


def test_penalties_are_among_what_is_given() -> None:
    rules = [
        part
        for part in document_parts([("", asked("loss", experiment=penalized(article())))])
        if isinstance(part, Formulas)
    ]
    assert any("L2" in name for name, _ in rules[0].items)


def test_a_drawing_has_every_unit_and_weight() -> None:
    drawing = network_drawing(article())
    assert drawing is not None
    assert len(drawing.circles) == 5
    assert len(drawing.lines) == 6
    texts = [label.text for label in drawing.labels]
    assert {"x₁", "x₂", "h₁", "h₂", "ŷ", "w₁₁⁽¹⁾", "w₂₂⁽¹⁾", "w₂⁽²⁾", "+ b⁽²⁾", "ReLU"} <= set(texts)
    on_lines = [(label.x, label.y) for label in drawing.labels if label.on_line]
    assert min(abs(a[1] - b[1]) for a in on_lines for b in on_lines if a != b and a[0] == b[0]) > 12
    assert svg_of_drawing(drawing).count("<circle") == 5


def test_a_wide_layer_is_drawn_with_dots() -> None:
    experiment = checked_experiment(read_experiment(example_paths()[9]))
    drawing = network_drawing(experiment)
    assert drawing is not None
    assert "⋮" in [label.text for label in drawing.labels]
    assert not [label for label in drawing.labels if label.on_line]
