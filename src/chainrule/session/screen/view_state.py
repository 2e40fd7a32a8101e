"""What the user looks at: the selected number, the sample and the digits, adapted to each moment that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.model.elements import Index, is_inside
from chainrule.model.navigation import Cursor
from chainrule.session.screen.course import course_up_to
from chainrule.session.screen.moment import Moment, PointedAt, Selection, before_update, shape_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A number that is to be predicted at a place of the cursor: with the cursor the question goes.

    One that `follows` is of that element of its value which is selected.
    """

    cursor: Cursor
    selection: Selection
    follows: bool

    def at(self, moment: Moment, selection: Selection | None) -> Selection | None:
        """Return the number that is asked for at a moment; None at another place, or where there is none any more."""
        asked = self.selection
        if self.cursor != moment.cursor:
            return None
        if self.follows and selection is not None and selection.ref in (asked.ref, before_update(moment, asked.ref)):
            asked = Selection(asked.ref, selection.index)
        if self.follows and moment.sample_of(asked.ref) is not None:
            asked = Selection(asked.ref, (moment.sample, *asked.index[1:]))
        return asked if moment.has(asked.ref, asked.index) else None


@dataclass(frozen=True, slots=True)
class ViewState:
    """The selected number, the sample of the batch, and how many digits are shown, None for all.

    `parameter` is the element of a parameter that was selected last, whatever was selected since; None before the first
    moment. `pointed_at` is what a lesson speaks of. `covers` says that nothing behind the cursor is shown, and `asked`
    is what is to be predicted.
    """

    selection: Selection | None = None
    sample: int = 0
    digits: int | None = 4
    parameter: tuple[ValueRef, Index] | None = None
    pointed_at: PointedAt = ()
    covers: bool = False
    asked: Asked | None = None

    def at(self, moment: Moment) -> tuple[ViewState, Moment]:
        """Return the view state and the moment, the number that is selected being one of the moment's.

        A batch may be smaller than the one before: the sample is then the last one, as long as the batch is small, and
        a selected number of a sample stays with the one that is shown. A number that the program has no more, or not
        in this shape, is selected no longer, and does not come back by itself.
        """
        sample, selection = max(0, min(self.sample, len(moment.rows) - 1)), self.selection
        if selection is not None and moment.sample_of(selection.ref) is not None:
            selection = Selection(selection.ref, (sample, *selection.index[1:]))
        newest = None if selection is None else _newest(moment, selection)
        if newest is not None and not moment.has(newest.ref, newest.index):
            newest = None
        parameter = parameter_selected_last(moment, newest, self.parameter)
        kept = self.selection if newest is not None else None
        view_state = self
        if kept != self.selection or parameter != self.parameter:
            view_state = replace(self, selection=kept, parameter=parameter)
        shown = replace(moment, sample=sample, selection=newest, digits=self.digits, parameter=parameter)
        asked = None if self.asked is None or not self.covers else self.asked.at(shown, newest)
        done, course = moment.cursor.iteration + moment.is_over, moment.course
        course = course_up_to(course, done) if self.covers else course
        shown = replace(shown, covers=self.covers, asked=asked, course=course, pointed_at=self.pointed_at)
        return view_state, shown


def parameter_selected_last(
    moment: Moment, selection: Selection | None, last: tuple[ValueRef, Index] | None
) -> tuple[ValueRef, Index] | None:
    """Return the element of a parameter that was selected last, `last` before this moment; in the end the first of all.

    None where there is no parameter.
    """
    value = None if selection is None else moment.value(selection.ref)
    if selection is not None and value is not None and value.is_of_parameter:
        parameter = value.owner
        # What the optimizer keeps may have fewer numbers than the parameter.
        if len(selection.index) == len(parameter.sizes) and value.sizes in (parameter.sizes, ()):
            last = parameter.ref, selection.index
        elif last is None or parameter.ref != last[0]:
            last = parameter.ref, (0,) * len(parameter.sizes)
    there = None if last is None else moment.value(last[0])
    if last is not None and there is not None and there.role is Role.PARAMETER:
        ref, index = last
        if is_inside(index, shape_of(moment, ref)):
            return last
    shapes = moment.experiment.network.parameter_shapes()
    return next(((ref, (0,) * len(shape)) for ref, shape in shapes.items()), None)


def _newest(moment: Moment, selection: Selection) -> Selection:
    """Take for a selected parameter the newest of its values that is known: that is the one on the screen."""
    value = moment.value(selection.ref)
    if value is not None and value.role is Role.PARAMETER:
        return Selection(moment.latest(value.owner.ref), selection.index)
    return selection
