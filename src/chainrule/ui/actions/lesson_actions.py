"""The Lessons menu, below the list of lessons."""

from __future__ import annotations

from chainrule.ui.actions.action import Action

LESSON_MENU = "Lessons"
LESSON_ACTIONS = (
    Action(
        "lesson.open",
        "Open a lesson…",
        (),
        lambda c: c.lessons.choose(),
        "Open the folder of a lesson, of yours or one that somebody has given you",
        LESSON_MENU,
        takes=False,
    ),
    Action(
        "lesson.next",
        "Next step",
        ("Alt+PgDown",),
        lambda c: c.lessons.go_on(),
        "Go on to the next step of the lesson, once this one is done",
        LESSON_MENU,
        enabled=lambda c: c.lessons.is_running,
        begins_group=True,
    ),
    Action(
        "lesson.back",
        "Step before",
        ("Alt+PgUp",),
        lambda c: c.lessons.go_back(),
        "Go back to the step of the lesson before this one",
        LESSON_MENU,
        enabled=lambda c: c.lessons.can_go_back,
    ),
    Action(
        "lesson.hint",
        "Hint",
        ("Ctrl+/",),
        lambda c: c.lessons.give_hint(),
        "Show a hint to the step of the lesson",
        LESSON_MENU,
        enabled=lambda c: c.lessons.is_running,
        takes=False,
    ),
    Action(
        "lesson.leave",
        "Leave the lesson",
        (),
        lambda c: c.lessons.leave(),
        "End the lesson; the network stays on the screen, to be played with",
        LESSON_MENU,
        enabled=lambda c: c.lessons.is_running,
        begins_group=True,
    ),
    Action(
        "lesson.published",
        "Published numbers…",
        ("Ctrl+Shift+B",),
        lambda c: c.beside.show_published(),
        "Numbers that were printed in books and on pages, beside ours: right, rounded or wrong, and by which mistake; "
        "those of Mazur, CS231n, Nielsen and Karpathy, or a table of your own",
        LESSON_MENU,
        takes=False,
        begins_group=True,
    ),
)
