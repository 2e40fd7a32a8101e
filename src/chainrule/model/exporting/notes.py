"""An iteration as a text for notes, LaTeX or Markdown, every micro-step with its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.engine.trace import first_non_finite
from chainrule.explain.documents.iteration import iteration_parts
from chainrule.explain.documents.latex import latex_document
from chainrule.explain.documents.markdown import markdown_document
from chainrule.model.document import Document
from chainrule.model.timeline.timeline import Timeline

WRITERS = {"latex": latex_document, "markdown": markdown_document}


def iteration_notes(document: Document, iteration: int, language: str) -> Iterator[bytes]:
    """Yield an iteration of a document in "latex" or "markdown"; those before it are computed, too.

    Where a number is not finite, its micro-step is the last.
    """
    history = Timeline().history(document, iteration)
    found = history.trace(iteration)
    program, experiment = history.executor.program.at(iteration), history.executor.experiment
    stop = first_non_finite(program.steps, found.values)
    last = None if stop is None else stop + 1
    parts = iteration_parts(experiment, program, found.values, found.rows, stop=last)
    title = f"{experiment.title or 'Experiment'}: iteration {iteration}"
    yield WRITERS[language](title, parts).encode("utf-8")
