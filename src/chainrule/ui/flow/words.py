"""What is said of layers through which no gradient flows: what is wrong, by which bound, and what to try."""

from __future__ import annotations

from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.background.lazy_engine import engine
from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.model.flow.gradient_troubles import LayerFinding
    from chainrule.model.flow.unit_slopes import UnitSlopes
    from chainrule.session.flow import Flow

# A factor that is written out.
MOST_WRITTEN = 1e9
SHORT = {
    "not finite": gettext_noop("not finite"),
    "dead": gettext_noop("dead units"),
    "saturated": gettext_noop("saturated"),
    "exploding": gettext_noop("exploding"),
    "vanishing": gettext_noop("vanishing"),
}
ADVICE = {
    "not finite": gettext_noop("Try a smaller learning rate, or clip the gradient."),
    "dead": gettext_noop("Try a smaller learning rate, other first weights, or LeakyReLU."),
    "saturated": gettext_noop("Try smaller first weights, inputs of about 1, or ReLU."),
    "exploding": gettext_noop("Try a smaller learning rate, smaller first weights, or clip the gradient."),
    "vanishing": gettext_noop("Try ReLU or Tanh, larger first weights, fewer layers, or Adam."),
}


def layer_name(layer: int) -> str:
    """Return a layer's name, counted from 1."""
    return gettext("layer {number}", number=layer + 1)


def activation_name(experiment: Experiment, layer: int) -> str:
    """Return the name of a layer's activation, or its formula."""
    choice = experiment.network.layers[layer].activation
    return ACTIVATIONS[choice.name].called(choice)


def grouped(findings: tuple[LayerFinding, ...]) -> list[tuple[LayerFinding, ...]]:
    """Return findings of the same kind in layers that follow each other together: they are said in one sentence."""
    places = enumerate(findings)
    runs = groupby(places, lambda each: (each[1].trouble.value, each[1].layer - each[0]))
    return [tuple(finding for _, finding in run) for _, run in runs]


def trouble_sentence(found: tuple[LayerFinding, ...], flow: Flow) -> str:
    """Return what is wrong with one layer, or with several that follow each other."""
    first, trouble = found[0], found[0].trouble.value
    several = (
        gettext("Layers {number} to {number_2}", number=first.layer + 1, number_2=found[-1].layer + 1)
        if len(found) > 1
        else gettext("Layer {number}", number=first.layer + 1)
    )
    if trouble == "not finite":
        its = gettext("their gradients have") if len(found) > 1 else gettext("its gradient has")
        return gettext("{several}: {its} numbers that are not finite.", several=several, its=its)
    if trouble == "dead":
        return gettext(
            "{several}: {dead}: no gradient goes through {them}.",
            several=several,
            dead=_dead(found, flow),
            them=_them(found),
        )
    if trouble == "saturated":
        return f"{several}: {_saturated(found)}."
    factor = max(finding.factor for finding in found)
    if trouble == "vanishing":
        times = (
            gettext("{times} smaller than in", times=_times(factor))
            if isfinite(factor)
            else gettext("0, and not so in")
        )
        what = gettext(
            "the gradient that comes back to z is {more}{times}",
            more=gettext("up to ") if len(found) > 1 and isfinite(factor) else "",
            times=times,
        )
        return f"{several}: {what} {layer_name(first.other or 0)}."
    than = (
        gettext("that of {layer_name}", layer_name=layer_name(first.other))
        if first.other is not None
        else gettext("in the first iteration")
    )
    return gettext(
        "{several}: the gradient of the weights is {times} larger than {than}.",
        several=several,
        times=_times(factor),
        than=than,
    )


def _them(found: tuple[LayerFinding, ...]) -> str:
    is_all = all(len(finding.units) == finding.reading.slopes.units for finding in found if finding.reading.slopes)
    return ("it" if len(found) == 1 else "them") if is_all else "them"


def _dead(found: tuple[LayerFinding, ...], flow: Flow) -> str:
    slopes = [finding.reading.slopes for finding in found if finding.reading.slopes is not None]
    dead, units = sum(len(each.dead) for each in slopes), sum(each.units for each in slopes)
    answers = {each.answer for each in slopes}
    rows = gettext("every row") if flow.rows == flow.all_rows else f"each of {flow.rows:,} rows of {flow.all_rows:,}"
    known = next(iter(answers)) if len(answers) == 1 else None
    what = (
        gettext("answer {known} to {rows}", known=format_short(known), rows=rows)
        if known is not None
        else gettext("have slope 0 for {rows}", rows=rows)
    )
    return (
        f"{100 * dead / units:.0f} % of its units {what}"
        if len(found) == 1
        else (f"{dead:,} of {units:,} units {what}")
    )


def _saturated(found: tuple[LayerFinding, ...]) -> str:
    slopes = [finding.reading.slopes for finding in found if finding.reading.slopes is not None]
    flat = sum(each.flat for each in slopes) / max(1, sum(each.rows * each.units for each in slopes))
    bound = 100 * engine().unit_slopes.FLAT
    where = f"where the slope of f is at most {bound:.0f} % of its greatest"
    return f"{100 * flat:.0f} % of the answers are saturated, {where}"


def _times(factor: float) -> str:
    return (
        f"{float(f'{factor:.2g}'):,.0f} times"
        if factor < MOST_WRITTEN
        else gettext("{factor} times", factor=format_number(factor, 2))
    )


def bounds_in_words(trouble: str) -> str:
    """Return from where on it is said, for the tip of a sentence."""
    troubles, flat = engine().troubles, 100 * engine().unit_slopes.FLAT
    many, answers = 100 * troubles.MANY_UNITS, 100 * troubles.MANY_ANSWERS
    texts = {
        "not finite": gettext("Said of a gradient that is NaN or infinite."),
        "dead": f"Said where at least {many:.0f} % of a layer's units have slope 0 for every row of the batch.",
        "saturated": (
            f"Said where at least {answers:.0f} % of a layer's answers have a slope of at most {flat:.0f} % of the "
            f"greatest, of an activation that levels off on both sides; or {many:.0f} % of its units for every row."
        ),
        "exploding": (
            f"Said where it is at least {troubles.EXPLODING:g} times as large as in every later layer, or "
            f"{troubles.GROWN:g} times as large as in the first iteration, and an update is at least "
            f"{troubles.VIOLENT:g} of the weights."
        ),
        "vanishing": (
            f"Said where it is at least {troubles.VANISHING:g} times smaller, and an update moves the weights by less "
            f"than {troubles.STILL:g} of them."
        ),
    }
    learned = f" Not said once the loss is below {100 * troubles.LEARNED:.0f} % of the first one."
    return texts[trouble] + (learned if trouble in ("dead", "saturated", "vanishing") else "")


def slopes_in_words(slopes: UnitSlopes | None, *, couples: bool) -> str:
    """Return the shares of a layer, whole: for a tip."""
    if slopes is None:
        return (
            gettext("each answer depends on all z of its sample: it has no slope of its own")
            if couples
            else gettext("not computed yet")
        )
    bounds = slopes.bounds
    greatest = (
        gettext("of its greatest, {greatest}", greatest=format_short(bounds.greatest))
        if bounds.is_bounded
        else gettext("of 1 (it has no greatest)")
    )
    flat = f"{slopes.flat:,} of {slopes.rows * slopes.units:,} answers are saturated"
    return (
        f"{len(slopes.dead):,} of {plural(slopes.units, 'unit')} dead: slope 0 for every row\n"
        f"{flat}: |f′| is at most {100 * engine().unit_slopes.FLAT:.0f} % {greatest}"
    )


def share_in_short(slopes: UnitSlopes | None) -> tuple[str, str]:
    """Return how many units are dead, and how many answers are saturated, as short as there is room for."""
    if slopes is None:
        return "–", "–"
    share = 100 * slopes.flat_share
    return f"{len(slopes.dead):,}/{slopes.units:,} dead", f"{share:.0f} % flat"
