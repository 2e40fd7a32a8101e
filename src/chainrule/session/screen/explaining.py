"""The explanation of a moment's selected number, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chainrule.catalog.experiment.batches import updating_iteration
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import SCHEDULED, Role, Value
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.schedule import noun
from chainrule.explain.writing.numbers import format_number, latex_number
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import computed_value as computed_of
from chainrule.session.screen.moment import Moment, Selection, is_asked
from chainrule.translation import gettext, gettext_noop

BY_HAND = gettext_noop("set by hand to")
QUESTION = r"\text{?}"
PREDICT = gettext_noop(
    "What will it be? Answer with a number or a formula of numbers, or say on which side it will lie."
)
_GIVEN = {
    Role.INPUT: gettext_noop("An input: what the network is shown."),
    Role.TARGET: gettext_noop("A target: what it should answer."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An equation in LaTeX pieces, and its sentence; everything but the sentence may be empty.

    `color` names the theme's colour of the result; `by_hand` is the number that was put in its place. `chain` are the
    multipliers (symbol, number) of one sample's share. `aside` are a derivative that is a matrix and a formula
    of its entries, or the equation of a part that the formula calls by a letter. `note` says what the numbers do not.
    """

    sentence: str
    left: str = ""
    symbols: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    result: str = ""
    latex: str = ""
    color: str = "text"
    samples: tuple[float, ...] = ()
    chain: tuple[tuple[str, str], ...] = ()
    chain_name: str = ""
    chain_product: str = ""
    aside: tuple[str, ...] = ()
    by_hand: str = ""
    note: str = ""


def explain_selection(moment: Moment) -> Explanation:
    """Return what to say of the selected number, or of the place of the cursor where none is selected."""
    if moment.program is None:
        return Explanation(
            gettext("Loading PyTorch, which computes every number here. The network can be looked at meanwhile.")
        )
    selection = moment.selection
    if moment.asked is not None and (selection is None or is_asked(moment, selection)):
        return _explain_asked(moment, moment.asked)
    if selection is None:
        return _explain_place(moment)
    if moment.number(selection.ref, selection.index) is None:
        return _explain_unknown(moment, selection)
    if selection.ref in moment.program.index:
        return _explain_computed(moment, selection)
    return _explain_given(moment, selection)


def _explain_place(moment: Moment) -> Explanation:
    """Return where the cursor stands, and what can be done from there; before the first step, what the network is."""
    iteration, position = moment.cursor.iteration, moment.cursor.position
    if position == 0 and iteration == moment.experiment.first_iteration:
        return Explanation(engine().introduce(moment.experiment))
    if position == 0:
        parameters = gettext("the parameters that iteration {number} left behind", number=iteration - 1)
        return Explanation(
            gettext(
                "Iteration {iteration} begins, with {parameters}. Press → to compute its first number.",
                iteration=iteration,
                parameters=parameters,
            )
        )
    click, count = gettext("Click a number to see how it was computed, or press →"), len(moment.steps)
    if position < count:
        return Explanation(
            gettext(
                "Iteration {iteration}, after {position} of its {count} steps. {click} for the next one.",
                iteration=iteration,
                position=position,
                count=count,
                click=click,
            )
        )
    network = moment.experiment.network
    loss = format_number(float(moment.lists(network.loss_ref)), moment.digits)
    what = gettext("the output {loss_ref}", loss_ref=network.loss_ref) if network.formula else gettext("its loss")
    update = updating_iteration(moment.experiment.data, iteration)
    if update == iteration:
        sentence_part = gettext("{what}, before the update, was {loss}", what=what, loss=loss)
    else:
        sentence_part = gettext(
            "{what} was {loss}, and its gradients are kept: the next update is that of iteration {update}",
            what=what,
            loss=loss,
            update=update,
        )
    return Explanation(
        gettext(
            "Iteration {iteration} is complete; {sentence_part}. {click} to begin iteration {number}.",
            iteration=iteration,
            sentence_part=sentence_part,
            click=click,
            number=iteration + 1,
        )
    )


def _explain_unknown(moment: Moment, selection: Selection) -> Explanation:
    if moment.cursor.position == 0:
        return _explain_place(moment)
    name = Notation.of(moment.experiment).text(selection.ref, selection.index)
    return Explanation(gettext("{name} has not been computed yet: step forward to see how it comes to be.", name=name))


def _explain_asked(moment: Moment, asked: Selection) -> Explanation:
    """Return the rule of a number that is to be predicted, in symbols: no number that is not shown already."""
    assert moment.lit is not None
    assert moment.program is not None
    place = (moment.program, moment.lit, asked.index, moment.sample, moment.numbers.lists, moment.digits)
    equation = engine().explain_element(moment.experiment, *place)
    # What there is to be copied is its rule with its number, once that is shown.
    return Explanation(gettext(PREDICT), left=equation.left, symbols=equation.symbols, result=QUESTION, color="link")


def explain_next(moment: Moment) -> Explanation | None:
    """Return what will be said after one more micro-step, so that it can be prepared while there is time."""
    following = next_moment(moment)
    return None if following is None else explain_selection(following)


def next_moment(moment: Moment) -> Moment | None:
    """Return the moment after one more micro-step; None at the end of an iteration."""
    place = moment.cursor.position
    if place >= len(moment.steps):
        return None
    ref = moment.steps[place].writes
    selection = Selection(ref, moment.element_at(ref))
    return replace(moment, cursor=Cursor(moment.cursor.iteration, place + 1), selection=selection)


def _explain_computed(moment: Moment, selection: Selection) -> Explanation:
    assert moment.program is not None
    step = moment.program.steps[moment.program.index[selection.ref]]
    ref, index, lookup = selection.ref, selection.index, moment.numbers.lists
    by_hand = moment.is_overridden(ref, index)
    if by_hand:
        computed = computed_of(moment, ref)
        values: Callable[[ValueRef], Any] = lambda read: computed if read == ref else lookup(read)  # noqa: E731
    else:
        values = lookup
    place = (moment.experiment, moment.program, step, index, moment.sample, values, moment.digits)
    equation = engine().explain_element(*place)
    number = moment.number(ref, index) if by_hand else None
    shown = "" if number is None else latex_number(number, moment.digits)
    aside = tuple(text for text in (equation.aside,) if text)
    if equation.matrix is not None:
        aside = (equation.matrix.latex, equation.matrix.entry)
    return Explanation(
        sentence=f"{engine().narrate(*place)} {_set_by_hand(moment, selection)}"
        if by_hand
        else engine().narrate(*place),
        left=equation.left,
        symbols=equation.symbols,
        numbers=equation.numbers,
        result=equation.result,
        latex=r",\quad ".join((equation.latex, *aside))
        + (rf" \quad\text{{{gettext(BY_HAND)}}}\ {shown}" if shown else ""),
        color="text" if by_hand else _color_of(moment.number(ref, index)),
        samples=equation.samples,
        chain=tuple((factor.symbol, factor.number) for factor in equation.chain),
        chain_name=gettext("sample {number}", number=moment.rows[moment.sample] + 1)
        if len(moment.rows) > 1
        else gettext("chain rule"),
        chain_product=equation.chain_product,
        aside=aside,
        by_hand=shown,
        note=equation.note,
    )


def _color_of(number: float | None) -> str:
    """Return the theme's colour of a number: by its sign."""
    if number is None or number - number != 0:  # inf or NaN
        return "error"
    return "muted" if number == 0 else "positive" if number > 0 else "negative"


def _set_by_hand(moment: Moment, selection: Selection) -> str:
    number = format_number(moment.overrides[selection.ref][selection.index], moment.digits)
    return gettext(
        "In its place {number} was set by hand: all that follows in this iteration is computed from that.",
        number=number,
    )


def _explain_given(moment: Moment, selection: Selection) -> Explanation:
    number = moment.number(selection.ref, selection.index)
    assert number is not None
    left = Notation.of(moment.experiment).latex(selection.ref, selection.index)
    value = moment.value(selection.ref)
    assert value is not None
    # What a person gave stays as it was typed: 1, not 1.000.
    given = value.role in (Role.INPUT, Role.TARGET, *SCHEDULED)
    result = latex_number(number, moment.digits, short=given)
    return Explanation(_origin(moment, value), left=left, result=result, latex=f"{left} = {result}")


def _origin(moment: Moment, value: Value) -> str:
    """Return where a number that no micro-step computes comes from."""
    if value.role in _GIVEN:
        return gettext("{what} Double-click it, or press F2, to change it.", what=gettext(_GIVEN[value.role]))
    if value.role in SCHEDULED:
        return _origin_of_setting(moment, value)
    if value.role is Role.ITERATION:
        return gettext("The number of this iteration, counted from 0. It counts by itself, and cannot be set.")
    network, is_parameter = moment.experiment.network, value.role is Role.PARAMETER
    noun = "number" if network.formula else value.noun
    kind = noun if is_parameter else gettext("value of the optimizer's memory")
    is_frozen = value.ref in moment.experiment.frozen
    if moment.cursor.iteration:
        if is_frozen:
            return gettext("This {kind} is frozen: no update changes it.", kind=kind)
        made = gettext("what the update of iteration {number} made of it", number=moment.cursor.iteration - 1)
        return gettext("This {kind} is {made}{or_set}.", kind=kind, made=made, or_set=_or_set(moment))
    if not is_parameter:
        return gettext("The optimizer's memory starts at zero{or_set}.", or_set=_or_set(moment))
    given = (
        gettext("given in the experiment")
        if value.ref in moment.experiment.parameters
        else gettext("drawn from the seed")
    )
    frozen = gettext(" It is frozen: training does not change it.") if is_frozen else ""
    return gettext(
        "This {kind} starts as {given}. Double-click it, or press F2, to change it.{frozen}",
        kind=kind,
        given=given,
        frozen=frozen,
    )


def _or_set(moment: Moment) -> str:
    """Return what may have taken the place of what training came to."""
    return gettext(", or what it was set to when training was changed here") if moment.changed_here else ""


def _origin_of_setting(moment: Moment, value: Value) -> str:
    """Return where a rate, a momentum, or what the scheduler keeps comes from."""
    name, scheduler, iteration = noun(value), moment.experiment.scheduler, moment.cursor.iteration
    name = name[0].upper() + name[1:]
    assert moment.program is not None
    if scheduler is None or value.ref not in moment.program.memory:
        return gettext("{name} is a setting of the optimizer: it stays the same until it is changed.", name=name)
    if iteration:
        made = gettext(
            "the scheduler, {name}, made of it in iteration {number}", name=scheduler.name, number=iteration - 1
        )
        return gettext("{name} is what {made}{or_set}.", name=name, made=made, or_set=_or_set(moment))
    return gettext("{name} is what the scheduler, {name_2}, begins with.", name=name, name_2=scheduler.name)
