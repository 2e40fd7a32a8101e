"""What is other in a moment than in the one that was shown before: worked out once, and told to all views."""

from __future__ import annotations

from enum import Flag, auto

from chainrule.catalog.values import refs
from chainrule.session.screen.moment import Moment


class Change(Flag):
    """Facts of a moment, and so what of it is new, or what a view shows. `|` adds up changes one after the other.

    A change back is a change too: what was added up may be what was shown.
    """

    NOTHING = 0
    # The settings, the network among them, and the data.
    EXPERIMENT = auto()
    # The inputs and the layers, or the lines of a formula.
    NETWORK = auto()
    # The micro-steps; also that they, and the numbers, can be computed at all.
    PROGRAM = auto()
    # The numbers of the iteration, whether the cursor has come to them or not.
    NUMBERS = auto()
    # The numbers that are set by hand, or the iterations that have such numbers, or where training was changed.
    BY_HAND = auto()
    ITERATION = auto()
    # The micro-step of the iteration that was done last, or which number of it is shown.
    MICRO_STEP = auto()
    # Whether the cursor is before the first micro-step of its iteration, behind the last one, or between.
    ENDS = auto()
    SELECTION = auto()
    SAMPLE = auto()
    # The rows that are in the batch.
    ROWS = auto()
    DIGITS = auto()
    # What a lesson speaks of.
    POINTED_AT = auto()
    # The outputs that are known, and which of them, or of the data, is selected.
    TABLES = auto()
    # Whether what is behind the cursor is covered, and which number is asked for.
    ASKED = auto()
    # The iterations that have a loss, and the training that they are of.
    COURSE = auto()
    # The runs that are pinned beside the document.
    PINNED = auto()

    @classmethod
    def everything(cls) -> Change:
        """Return all that there is to be shown, for a view that has shown nothing yet."""
        return ~cls.NOTHING


def change(before: Moment | None, after: Moment) -> Change:
    """Tell what is other than in the moment before; everything is where there was none."""
    if before is None:
        return Change.everything()
    if before is after:
        return Change.NOTHING
    facts = {
        Change.EXPERIMENT: before.experiment is not after.experiment,
        Change.NETWORK: before.experiment.network != after.experiment.network,
        Change.PROGRAM: before.program is not after.program,
        Change.NUMBERS: before.numbers is not after.numbers,
        Change.BY_HAND: _by_hand(before) != _by_hand(after),
        Change.ITERATION: before.cursor.iteration != after.cursor.iteration,
        Change.MICRO_STEP: _micro_step(before) != _micro_step(after),
        Change.ENDS: _ends(before) != _ends(after),
        Change.SELECTION: before.selection != after.selection,
        Change.SAMPLE: before.sample != after.sample,
        Change.ROWS: before.rows != after.rows,
        Change.DIGITS: before.digits != after.digits,
        Change.POINTED_AT: before.pointed_at != after.pointed_at,
        Change.TABLES: _in_tables(before) != _in_tables(after),
        Change.ASKED: (before.covers, before.asked) != (after.covers, after.asked),
        Change.COURSE: not after.course.is_like(before.course),
        Change.PINNED: before.course.pinned != after.course.pinned,
    }
    found = Change.NOTHING
    for fact, is_other in facts.items():
        if is_other:
            found |= fact
    return found


def _by_hand(moment: Moment) -> object:
    return moment.overrides, moment.by_hand, moment.changed_here


def _micro_step(moment: Moment) -> object:
    return moment.cursor.position, moment.cursor.element


def _ends(moment: Moment) -> object:
    return moment.cursor.position == 0, moment.is_over


def _in_tables(moment: Moment) -> object:
    """Return what is known of the output, how far it is revealed, and the selected one of the tables' numbers."""
    layers = moment.experiment.network.layers
    if not layers:
        return None
    output, selection = refs.activation(len(layers) - 1), moment.selection
    revealed = moment.cursor.element if moment.written == output else None
    selected = selection if selection is not None and selection.ref in (refs.INPUT, refs.TARGET, output) else None
    return moment.numbers if moment.is_known(output) else None, revealed, selected
