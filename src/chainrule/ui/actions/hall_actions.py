"""The hall: what opens it and plays in slow motion, of the View menu and the Step menu, and the keys within it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.ui.actions.action import Action

if TYPE_CHECKING:
    from chainrule.ui.hall.hall import Hall

SLOW, FASTER, SLOWER = "Ctrl+M", "Ctrl+Alt+M", "Ctrl+Shift+M"

HALL_ACTIONS = (
    Action(
        "hall.open",
        "Show to a hall",
        ("F5", "Shift+F5"),
        lambda c: c.beside.hall.open(),
        "Fill the projector's screen with the network and the equation, for the last row; a clicker's keys step, and "
        "Esc leaves it",
        "View",
    ),
    Action(
        "view.less_motion",
        "Less motion",
        (),
        lambda c: c.appearance.motion.toggle(),
        "Let no values travel in slow motion, no titles fade in, and Warp go in strides; at first as on the desktop",
        "View",
        pauses=False,
        takes=False,
        checked=lambda c: c.appearance.motion.is_reduced,
    ),
)
MOTION_ACTIONS = (
    Action(
        "motion.toggle",
        "Slow motion",
        (SLOW,),
        lambda c: c.beside.slow_motion.toggle(),
        "Go on step by step, slowly, with the values travelling to where they are needed: forward along the edges, "
        "backward against them; again pauses",
        "Step",
        pauses=False,
        checked=lambda c: c.beside.is_in_slow_motion,
        begins_group=True,
    ),
    Action(
        "motion.faster",
        "Slow motion: faster",
        (FASTER,),
        lambda c: c.beside.slow_motion.change_pace(1),
        "Less time for each step of slow motion, down to 1 second",
        "Step",
        pauses=False,
        takes=False,
    ),
    Action(
        "motion.slower",
        "Slow motion: slower",
        (SLOWER,),
        lambda c: c.beside.slow_motion.change_pace(-1),
        "More time for each step of slow motion, up to 8 seconds",
        "Step",
        pauses=False,
        takes=False,
    ),
)


@dataclass(frozen=True, slots=True)
class HallKey:
    """One thing that a lecturer can do while a hall looks on. One that `has_button` has one on their own screen."""

    id: str
    text: str
    keys: tuple[str, ...]
    run: Callable[[Hall], object]
    tip: str
    checked: Callable[[Hall], bool] | None = None
    has_button: bool = True


def _step(identifier: str, text: str, keys: tuple[str, ...], action: str, tip: str, *, has_button: bool) -> HallKey:
    """Return a key that does what an action of the main window does."""
    return HallKey(f"hall.{identifier}", text, keys, lambda h: h.move(action), tip, has_button=has_button)


def _color(place: int, name: str) -> HallKey:
    return HallKey(
        f"hall.color_{place + 1}",
        name.capitalize(),
        (str(place + 1),),
        lambda h: h.show.choose_color(place),
        f"Take the pen, and draw in {name}",
        lambda h: h.show.pen.is_on and h.show.pen.color == place,
    )


HALL_KEYS = (
    _step("back", "Back", ("PgUp", "Left"), "step.back", "One step back", has_button=True),
    _step("forward", "Step", ("PgDown", "Right", "Space"), "step.forward", "The next step", has_button=True),
    _step("layer", "Layer", ("Shift+Right",), "layer.next", "To the end of this layer", has_button=False),
    _step("layer_back", "Layer back", ("Shift+Left",), "layer.previous", "Back to the layer before", has_button=False),
    _step("phase_back", "Phase back", ("Up",), "phase.previous", "Back to the phase before", has_button=False),
    _step("phase", "Phase", ("Down",), "phase.next", "To the end of this phase", has_button=True),
    _step("iteration", "Iteration", ("Return", "Enter"), "iteration.next", "To its end", has_button=True),
    _step("iteration_back", "Iteration back", ("Backspace",), "iteration.previous", "Back to the one before",
          has_button=False),
    _step("run", "Run", ("R",), "run.toggle", "Train until paused", has_button=False),
    _step("sample", "Next sample", ("Ctrl+PgDown",), "sample.next", "Show the next sample's numbers",
          has_button=False),
    _step("sample_back", "Sample before", ("Ctrl+PgUp",), "sample.previous", "Show the sample before",
          has_button=False),
    HallKey("hall.slow", "Slow motion", ("M", SLOW), lambda h: h.slow_motion.toggle(),
            "Go on slowly by itself, with the values travelling; again pauses", lambda h: h.slow_motion.is_playing),
    HallKey("hall.faster", "Faster", ("]", FASTER), lambda h: h.slow_motion.change_pace(1),
            "Less time for each step of slow motion", has_button=False),
    HallKey("hall.slower", "Slower", ("[", SLOWER), lambda h: h.slow_motion.change_pace(-1),
            "More time for each step of slow motion", has_button=False),
    HallKey("hall.derivation", "Derivation", ("H",), lambda h: h.turn_derivation(),
            "How the gradient that is looked at came to be, in the place of the network; again shows its next part, "
            "and after the last one, or with a step, the network is back", lambda h: h.shows_derivation),
    HallKey("hall.lesson", "Lesson on", ("N",), lambda h: h.turn_lesson(1),
            "To the next step of the lesson, whether or not it was done", has_button=False),
    HallKey("hall.lesson_back", "Lesson back", ("Shift+N",), lambda h: h.turn_lesson(-1),
            "To the step of the lesson before", has_button=False),
    HallKey("hall.spotlight", "Spotlight", ("S",), lambda h: h.show.toggle_spotlight(),
            "Darken all but a disc around the mouse; its size by the wheel, + and -",
            lambda h: h.show.spotlight.is_on),
    HallKey("hall.larger_light", "Larger spotlight", ("+", "="), lambda h: h.show.spotlight.grow(1),
            "Light more", has_button=False),
    HallKey("hall.smaller_light", "Smaller spotlight", ("-",), lambda h: h.show.spotlight.grow(-1),
            "Light less", has_button=False),
    HallKey("hall.pen", "Pen", ("P",), lambda h: h.show.toggle_pen(),
            "Draw with the mouse; what is drawn goes with the next step", lambda h: h.show.pen.is_on),
    _color(0, "blue"),
    _color(1, "orange"),
    _color(2, "magenta"),
    _color(3, "black, white"),
    HallKey("hall.undo", "Undo stroke", ("Z", "Ctrl+Z"), lambda h: h.show.pen.undo(), "Take the last stroke back"),
    HallKey("hall.clear", "Erase all", ("E",), lambda h: h.show.pen.clear(), "Wipe everything away that is drawn"),
    HallKey("hall.keep", "Keep strokes", ("K",), lambda h: h.show.pen.set_keeps(not h.show.pen.keeps),
            "Let what is drawn stay when the step changes", lambda h: h.show.pen.keeps),
    HallKey("hall.black", "Black", ("B", "."), lambda h: h.show.curtain.toggle("black"),
            "Make the hall's screen black; again, or the next step, brings it back",
            lambda h: h.show.curtain.color == "black"),
    HallKey("hall.white", "White", ("W", ","), lambda h: h.show.curtain.toggle("white"),
            "Make the hall's screen white; again, or the next step, brings it back",
            lambda h: h.show.curtain.color == "white"),
    HallKey("hall.larger", "Larger text", ("Ctrl++", "Ctrl+="), lambda h: h.enlarge(1),
            "Make all text in the hall larger", has_button=False),
    HallKey("hall.smaller", "Smaller text", ("Ctrl+-",), lambda h: h.enlarge(-1),
            "Make it smaller again, as far as the last row can read it", has_button=False),
    HallKey("hall.dark", "Dark, light", ("Ctrl+D",), lambda h: h.press("view.dark"),
            "Switch between dark and light, for a dark or a bright room"),
    HallKey("hall.screen", "Other screen", ("O",), lambda h: h.go_to_next_screen(),
            "Show it on the next screen; which one it was is remembered"),
    HallKey("hall.keys", "Keys", ("F1", "?"), lambda h: h.toggle_keys(),
            "List these keys, on your own screen where there are two; again, or Esc, hides them"),
    HallKey("hall.leave", "Leave", ("Esc",), lambda h: h.close(), "Back to the window, as it was"),
)  # fmt: skip
