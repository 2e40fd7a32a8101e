"""The equation of the selected number, and its derivation, as texts to be copied."""

from __future__ import annotations

from chainrule.explain.derivation.words import derivation_in_words
from chainrule.explain.documents.derivation import derivation_parts
from chainrule.explain.documents.latex import latex_of_parts
from chainrule.explain.documents.markdown import markdown_formula, markdown_of_parts
from chainrule.explain.documents.parts import Formulas
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.session.screen.deriving import derive_selection
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.screen.moment import Moment

LATEX, MARKDOWN, TEXT = "LaTeX", "Markdown", "text"


def equation_texts(moment: Moment) -> dict[str, str]:
    """Return the equation by the names of what it is written in; nothing where no number is selected."""
    latex = explain_selection(moment).latex
    if not latex:
        return {}
    return {LATEX: latex, MARKDOWN: markdown_formula(latex), TEXT: latex_to_text(latex)}


def derivation_texts(moment: Moment) -> dict[str, str]:
    """Return the equation and how it came to be, by the names of what they are written in; nothing without one."""
    derivation = derive_selection(moment)
    if derivation is None:
        return {}
    latex = explain_selection(moment).latex
    parts = (Formulas((("", latex),)), *derivation_parts(derivation))
    words = f"{latex_to_text(latex)}\n{derivation_in_words(derivation)}\n"
    return {LATEX: latex_of_parts(parts), MARKDOWN: markdown_of_parts(parts), TEXT: words}
