"""The table of the views that share the card with tabs. A view is one line of `TABS`.

But for the first, a view is made once there is time, or when it is first in front, and what it needs is imported then:
the window is there sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.answers import tells_classes
from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.session import Session
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals

# A view: a card with `show_moment`, and where it has them the signals `about_to_edit` and `about_to_move`.
Make = Callable[[Session, Appearance, Refusals, QWidget], MomentCard]
# The data is seen in the plane, or over a line, and says something from so many rows on.
MOST_SEEN, LEAST_ROWS = 2, 8
# To count the answers of more rows takes longer than an edit may: whoever wants that brings Classes to the front.
MOST_COUNTED = 10_000
# Alt and the digits are the keys of so many places; those of others have Shift, too.
DIGITS = 10


def _has_layers(experiment: Experiment) -> bool:
    return not experiment.network.formula


def _has_plane(experiment: Experiment) -> bool:
    """Return whether a layer has a plane to take the one of two inputs to."""
    return experiment.network.inputs == MOST_SEEN and any(layer.units > 1 for layer in experiment.network.layers)


def _has_formula(experiment: Experiment) -> bool:
    return bool(experiment.network.formula)


def _is_of_classes(experiment: Experiment) -> bool:
    is_soon = len(experiment.data.inputs) <= MOST_COUNTED
    return tells_classes(experiment) and is_soon and not _is_seen_whole(experiment)


def _is_seen_whole(experiment: Experiment) -> bool:
    """Return whether one picture shows what the network does, and there are rows enough to see something by it."""
    return (
        _has_layers(experiment) and experiment.network.inputs <= MOST_SEEN and len(experiment.data.inputs) >= LEAST_ROWS
    )


def _is_one_neuron(experiment: Experiment) -> bool:
    return len(experiment.network.layers) == 1 and experiment.network.outputs == 1


def _is_curve_or_map(experiment: Experiment) -> bool:
    """Return whether all of a formula is seen in one picture: it has one parameter, or two."""
    return _has_formula(experiment) and len(experiment.network.parameter_shapes()) in (1, 2)


# The tab that checks a person's own numbers.
CHECK = "check"
# The tab of what the experiment asks.
QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its id is that of its action, `view.tab_slope`. A `live` one is drawn in every frame of a fast run.

    It is there for experiments that it is about, and in front at first for one that it `suits`: of several the one that
    comes first in the table is in front, and the names of all of them are among those that the bar shows at first. The
    key of its `place` chooses it, and brings it back where it is put away.

    A title is one short word. Names that have no room in the bar are in the menu at its end, with their tips.
    """

    id: str
    title: str
    tip: str
    make: Make
    place: int
    live: bool = False
    is_about: Callable[[Experiment], bool] = lambda _: True
    suits: Callable[[Experiment], bool] = lambda _: False

    @property
    def key(self) -> str:
        """The key that chooses it: Alt+1 for the first place, Alt+0 for the tenth, Alt+Shift+1 for the one after."""
        digit = self.place % DIGITS
        return f"Alt+{digit}" if self.place <= DIGITS else f"Alt+Shift+{digit}"


def _slope(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    return SlopePlot(session, appearance, parent)


def _state(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.state.view import StateView  # noqa: PLC0415 - not for the first paint

    return StateView(session, appearance, refusals, parent)


def _schedule(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.schedule_plot import SchedulePlot  # noqa: PLC0415 - not for the first paint

    return SchedulePlot(session, appearance, parent)


def _classes(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.classes_view import ClassesView  # noqa: PLC0415 - not for the first paint

    return ClassesView(session, appearance, parent)


def _path(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.path_plot import PathPlot  # noqa: PLC0415 - not for the first paint

    return PathPlot(session, appearance, parent)


def _questions(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.questions.view import QuestionsView  # noqa: PLC0415 - not for the first paint

    return QuestionsView(session, appearance, refusals, parent)


def _check(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.checking.view import CheckView  # noqa: PLC0415 - not for the first paint

    return CheckView(session, appearance, refusals, parent)


def _code(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.code.view import CodeView  # noqa: PLC0415 - not for the first paint

    return CodeView(session, appearance, parent)


def _learned(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.learned.view import LearnedView  # noqa: PLC0415 - not for the first paint

    return LearnedView(session, appearance, parent)


def _surface(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.surface.view import SurfaceView  # noqa: PLC0415 - not for the first paint

    return SurfaceView(session, appearance, parent)


def _activation(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.activation.view import ActivationView  # noqa: PLC0415 - not for the first paint

    return ActivationView(session, appearance, parent)


def _race(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.race.view import RaceView  # noqa: PLC0415 - not for the first paint

    return RaceView(session, appearance, refusals, parent)


def _runs(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.runs.view import RunsView  # noqa: PLC0415 - not for the first paint

    return RunsView(session, appearance, refusals, parent)


def _rows(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.rows.view import RowsView  # noqa: PLC0415 - not for the first paint

    return RowsView(session, appearance, parent)


def _flow(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.flow.view import FlowView  # noqa: PLC0415 - not for the first paint

    return FlowView(session, appearance, parent)


def _rules(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.rules.view import RulesView  # noqa: PLC0415 - not for the first paint

    return RulesView(session, appearance, refusals, parent)


def _warp(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.warp.view import WarpView  # noqa: PLC0415 - not for the first paint

    return WarpView(session, appearance, parent)


# In the order of their keys, Alt+1 and on; two that are never there together have the same. The first one is made with
# the window, and must not load torch.
TABS = (
    Tab(
        "slope",
        "Slope",
        "The loss along the parameter that was selected last: its gradient is the slope",
        _slope,
        1,
    ),
    Tab("state", "State", "Every number that the optimizer reads, keeps and computes for that parameter", _state, 2),
    Tab(
        "schedule",
        "Rate",
        "The learning rate by iteration: what was used, and what the scheduler will set",
        _schedule,
        3,
        live=True,
    ),
    Tab(
        "classes",
        "Classes",
        "Which classes the network tells apart: accuracy and confusion matrix",
        _classes,
        4,
        live=True,
        is_about=_has_layers,
        suits=_is_of_classes,
    ),
    Tab(
        "path",
        "Path",
        "The way of training through the formula's parameters, on its curve or among its contour lines",
        _path,
        4,
        live=True,
        is_about=_has_formula,
        suits=_is_curve_or_map,
    ),
    Tab("code", "Code", "The experiment as a PyTorch script, with the line of the micro-step lit", _code, 5),
    Tab("surface", "Surface", "The loss over two weights, and the way of training on it", _surface, 6, live=True),
    Tab(
        "fit",
        "Fit",
        "What the network has learned, with the data",
        _learned,
        7,
        live=True,
        is_about=_has_layers,
        suits=_is_seen_whole,
    ),
    Tab("race", "Race", "Many learning rates, optimizers or seeds side by side: which trains best", _race, 8),
    Tab(
        "activation",
        "Activation",
        "What the activation of a neuron does: its curve, its derivative, and each sample on both",
        _activation,
        9,
        live=True,
        is_about=_has_layers,
        suits=_is_one_neuron,
    ),
    Tab("runs", "Runs", "The runs that are pinned: what they differ in, and how they ended", _runs, 10),
    Tab(
        CHECK,
        "Check",
        "Your own number for what is selected: is it right, and if not, which mistake gives it",
        _check,
        11,
    ),
    Tab("rows", "Rows", "What the network says of each row, the worst first", _rows, 12, is_about=_has_layers),
    Tab(
        "flow", "Flow", "Do gradients vanish? Each layer's gradient, updates and units", _flow, 13, is_about=_has_layers
    ),
    Tab(
        "rules",
        "Rules",
        "The optimizer as PyTorch, Keras and textbooks write it, side by side: where their numbers part",
        _rules,
        14,
    ),
    Tab(
        "warp",
        "Warp",
        "How a layer bends the plane of two inputs until a straight line parts it",
        _warp,
        16,
        live=True,
        is_about=_has_plane,
    ),
    Tab(
        QUESTIONS, "Questions", "What the experiment asks as an assignment, with points and tolerances", _questions, 17
    ),
)
