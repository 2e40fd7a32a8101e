"""The loss of a moment over a plane of its parameters, and the ways through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice, product
from typing import TYPE_CHECKING

from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import traced
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.model.curves.path import ParameterPath
    from chainrule.model.curves.surface import ParameterPlane
    from chainrule.model.curves.walks import Walker
    from chainrule.model.timeline.downsampled_series import Floats

# So many numbers a remembered path has at most.
MOST_REMEMBERED = 2**21
MOST_POINTS = 2000

Place = tuple[float, float]
WeightPlace = tuple[ValueRef, Index]


class PlaneKind(Enum):
    """What the axes of a surface are."""

    WEIGHTS = "two weights"
    RANDOM = "random directions"
    PRINCIPAL = "principal directions"


@dataclass(frozen=True, slots=True)
class PlaneQuestion:
    """Which plane: of two weights, or of the directions that a seed gives, or that training went in."""

    kind: PlaneKind
    across: WeightPlace
    up: WeightPlace
    seed: int = 0


def trained_parameters_of(moment: Moment) -> list[ValueRef]:
    """Return the parameters that training changes; all of them where it changes none."""
    experiment = moment.experiment
    names = list(experiment.network.parameter_shapes())
    return [ref for ref in names if ref not in experiment.frozen] or names


def weight_places(moment: Moment, most: int) -> list[WeightPlace]:
    """Return the first numbers of the parameters that training changes."""
    shapes = moment.experiment.network.parameter_shapes()
    every = ((ref, index) for ref in trained_parameters_of(moment) for index in product(*map(range, shapes[ref])))
    return list(islice(every, most))


def plane_of(moment: Moment, question: PlaneQuestion) -> ParameterPlane | None:
    """Return the plane around the parameters that the iteration starts from; None where training has not gone in two
    directions yet.
    """
    surfaces, values, trained = engine().surface, traced(moment)[1].values, trained_parameters_of(moment)
    found: ParameterPlane | None
    if question.kind is PlaneKind.WEIGHTS:
        found = surfaces.element_plane(values, question.across, question.up)
    elif question.kind is PlaneKind.RANDOM:
        found = surfaces.random_plane(values, trained, question.seed)
    else:
        found = surfaces.principal_plane(values, trained, _path(moment, trained).points)
    return found


def _path(moment: Moment, wanted: list[ValueRef]) -> ParameterPath:
    course, values = moment.course, traced(moment)[1].values
    size = sum(values[ref].numel() for ref in wanted)
    last = max(moment.cursor.iteration + moment.is_over, course.trained, course.horizon - 1)
    most = max(2, min(MOST_POINTS, MOST_REMEMBERED // max(1, size)))
    return course.path(moment.experiment.network, wanted, last, most)


def path_in(moment: Moment, plane: ParameterPlane) -> ParameterPath:
    """Return the iterations that are remembered, and where in the plane they began."""
    found = _path(moment, list(plane.origin))
    return type(found)(found.iterations, plane.places_of(found.points))


def here_in(moment: Moment, plane: ParameterPlane) -> Place:
    """Return where in the plane the iteration begins."""
    x, y = plane.places_of(flat_parameters(moment, plane))[0].tolist()
    return x, y


def flat_parameters(moment: Moment, plane: ParameterPlane) -> Floats:
    """Return all numbers of the plane's parameters as the iteration starts from them, (1, numbers)."""
    values = traced(moment)[1].values
    found: Floats = engine().surface.numbers_in_order(values, plane.origin)[None]
    return found


def surface_side_of(moment: Moment, *, rough: bool) -> int:
    """Return how many places a side of a surface has."""
    history, trace = traced(moment)
    side: int = engine().surface.surface_side(history.executor.program, trace, rough=rough)
    return side


def surface_of(moment: Moment, plane: ParameterPlane, across: Floats, up: Floats) -> Iterator[Floats]:
    """Yield the losses of the iteration's batch over a grid of a plane, as far as they are computed."""
    history, trace = traced(moment)
    found: Iterator[Floats] = engine().surface.surface(
        history.executor.program, trace, plane, across, up, moment.overrides
    )
    return found


def loss_there(moment: Moment, plane: ParameterPlane, place: Place) -> float:
    """Return the loss of the iteration's batch at one place of a plane."""
    history, trace = traced(moment)
    return float(engine().surface.loss_in_plane(history.executor.program, trace, plane, place, moment.overrides))


def parameters_there(plane: ParameterPlane, place: Place) -> dict[ValueRef, Tensor]:
    """Return the plane's parameters at one place of it."""
    found: dict[ValueRef, Tensor] = engine().surface.parameters_at(plane, place)
    return found


def walkers_of(moment: Moment) -> tuple[Walker, ...]:
    """Return the other optimizers whose ways can be shown."""
    found: tuple[Walker, ...] = engine().walks.walkers(moment.experiment)
    return found


def walk_from(moment: Moment, plane: ParameterPlane, walker: Walker, iterations: int) -> Iterator[Place]:
    """Yield where in the plane an optimizer comes to from where the iteration begins."""
    iteration, course = moment.cursor.iteration, moment.course
    assert course.timeline is not None
    state, tensors = course.history(iteration).state(iteration), course.timeline.tensors
    walk = engine().walks.optimizer_walk(moment.experiment, tensors, state, walker, list(plane.origin), iterations)
    for point in walk:
        x, y = plane.places_of(point[None])[0].tolist()
        yield x, y
