"""What the values of an experiment's optimizer are called, and which extent each has: as its declarations say."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.catalog.extent import Extent
from chainrule.catalog.optimizers import OPTIMIZERS, Called, Kept, called_as, kept_values
from chainrule.catalog.refs import RefParts, ValueRef
from chainrule.catalog.schedules.schedule import optimizer_of
from chainrule.catalog.spec import Experiment
from chainrule.catalog.tables import lookup

# What is made of a gradient before the optimizer reads it, by its suffixes.
OF_GRADIENTS = {
    ("grad", "clipped"): Kept(Called("g", "clipped gradient", above="clipped"), Extent.ELEMENTS),
    ("grad", "accumulated"): Kept(Called("G", "accumulated gradient", above="all"), Extent.ELEMENTS),
    ("accumulated_grad",): Kept(Called("G", "kept gradient"), Extent.ELEMENTS),
}


def state_names(parts: RefParts) -> tuple[str, ...]:
    """The suffixes but "next": ("grad",), or what the optimizer keeps for the parameter."""
    return parts.suffixes[:-1] if parts.suffixes[-1:] == ("next",) else parts.suffixes


class KeptNames:
    """The names of what an optimizer keeps and computes. Those of a parameter are found when one is asked for."""

    def __init__(self, experiment: Experiment | None = None) -> None:
        self._experiment = experiment
        self._found: dict[ValueRef, Mapping[str, Kept]] = {}

    def of(self, parts: RefParts) -> Kept:
        """A value of the optimizer; one that it does not have now goes by its own name."""
        names = state_names(parts)
        if names in OF_GRADIENTS:
            return OF_GRADIENTS[names]
        name = "_".join(names)
        return self._of_parameter(parts.base).get(name) or Kept(called_as(name), Extent.ELEMENTS)

    def extent(self, parts: RefParts) -> Extent:
        """What a value has a number for: elements, unless it is an optimizer's scalar, or one for rows or columns."""
        names = state_names(parts)
        return self.of(parts).extent if names and names[0] != "grad" else Extent.ELEMENTS

    def _of_parameter(self, parameter: ValueRef) -> Mapping[str, Kept]:
        if self._experiment is None:
            return {}
        if parameter not in self._found:
            choice = optimizer_of(self._experiment, parameter)
            shape = self._experiment.network.parameter_shapes().get(parameter)
            entry = lookup(OPTIMIZERS, choice.name)
            self._found[parameter] = {} if shape is None else kept_values(entry, choice, shape)
        return self._found[parameter]
