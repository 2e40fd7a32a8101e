"""Assignments, and lists of a class: read, asked, and written in every form."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import torch

from chainrule.catalog.experiment.question import Question, Tolerance
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.documents.latex import latex_document
from chainrule.explain.documents.markdown import markdown_document
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.moodle import moodle_xml
from chainrule.lessons.assignments.qti import qti_package
from chainrule.lessons.assignments.roster import names_of_files, roster_names
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.lessons.assignments.worksheet import document_parts
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from tests.experiments import article, mazur

# Later iterations take their time, and no other way.
LAST = 3
ROSTERS = (
    b"Ada Lovelace\nAlan Turing\n",
    b"First name,Last name,ID number\nAda,Lovelace,7\nAlan,Turing,8\n",
    "Name;E-Mail\nŽofie;z@x\nMüller, K.;m@x".encode(),
)


@cache
def assignments() -> list[bytes]:
    """Experiments with questions."""
    gradient, z = ValueRef("layers.0.weight.grad"), ValueRef("layers.0.pre_activation")
    questions = (
        Question("w", gradient, (0, 1), 0, 2.0, Tolerance(digits=3), "How steep?"),
        Question("z", z, None, 1, 4.0, Tolerance(0.01, 0.001)),
        Question("loss", ValueRef("loss"), ()),
    )
    found = [encode_experiment(make(questions=questions)) for make in (article, mazur)]
    # What is imported and kept for the first of all is not to be counted: torch imports sympy for this.
    torch.broadcast_shapes((1,), (2,))
    for data in found:
        read_assignment(data, Path())
    return found


def read_assignment(data: bytes, _: Path) -> None:
    """Read an assignment, work its answers out, and write it in every form, with a variant."""
    experiment = check_experiment(decode_experiment(data))
    assert check_experiment(decode_experiment(encode_experiment(experiment))) == experiment
    if not experiment.questions or max(each.iteration for each in experiment.questions) > LAST:
        return
    assignment = Assignment.of(experiment)
    assert all(number.accepts(number.right) for number in assignment.numbers)
    parts = list(document_parts([("", assignment)]))
    markdown_document(experiment.title, parts)
    latex_document(experiment.title, parts)
    ElementTree.fromstring("".join(moodle_xml(experiment.title, [("", assignment)])).encode())
    with zipfile.ZipFile(io.BytesIO(b"".join(qti_package(experiment.title, [("", assignment)])))) as archive:
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
    VariantMaker(experiment)


def read_roster(data: bytes, _: Path) -> None:
    """Read a list of a class."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    names = roster_names(text)
    assert len(set(names_of_files(names).values())) == len(names)
