"""A lesson in the window: what it hides and brings back, unsaved work, undo, and what an author sees while writing."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.lessons.lesson.controls import HIDABLE, PANES, SECTIONS
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.model.editing import edits
from chainrule.model.files.storage import read_experiment
from chainrule.model.navigation import Cursor
from chainrule.resource_files import resources_directory
from chainrule.ui.lesson.task_parts import NumberPart
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.window.main_window import MainWindow
from tests.lessons.lesson.folders import SIMPLE, guide_lesson, lesson_folder
from tests.ui.lesson.student import Student, with_value

EXAMPLES = resources_directory() / "experiments"
TWO = SIMPLE + '\n[[step]]\ntext = "More."\n'


def control(window: MainWindow, name: str) -> QWidget:
    """What the name of a control stands for in the window."""
    if name in PANES:
        return next(pane.widget for pane in window.folding.all if pane.id == name)
    if name in SECTIONS:
        found: QWidget = getattr(window.experiment_panel, name)
        return found
    button = window.toolbar.findChild(QToolButton, f"button.{name}") or window.toolbar.findChild(ChoiceField, name)
    assert button is not None, name
    return button


def test_controls_are_hidden_in_their_steps_and_come_back(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    steps = (f'\n[[step]]\ntext = "Without {name}."\nhide = ["{name}"]\n' for name in HIDABLE)
    parts = {name: control(window, name) for name in HIDABLE}
    assert not any(part.isHidden() for part in parts.values())
    student = Student(window, qtbot, lesson_folder(tmp_path, SIMPLE + "".join(steps)))
    for name in HIDABLE:
        student.press("lesson.next")
        # Hidden are this one and no other; the tool bar follows once it is laid out.
        qtbot.waitUntil(lambda name=name: {each for each in HIDABLE if parts[each].isHidden()} == {name})  # type: ignore[misc]
        if name in window.actions_by_id:
            window.actions_by_id.refresh()
            assert not window.actions_by_id[name].isEnabled()
        if name in PANES:
            assert next(pane.strip for pane in window.folding.all if pane.id == name).isHidden()
            window.folding.show(name)
            assert parts[name].isHidden()
    window.actions_by_id["lesson.leave"].trigger()
    qtbot.waitUntil(lambda: not any(part.isHidden() for part in parts.values()))


def test_views_of_a_step_stand_there_and_ones_own_come_back(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    before, widths = window.board.board, window.body.splitters[0].sizes()
    text = TWO.replace('"Read."', '"Read."\nview = ["activation", "loss"]', 1).replace('"More."', '"More."\nview = []')
    student = Student(window, qtbot, lesson_folder(tmp_path, text))
    assert window.board.card_of("activation") is not None
    assert window.board.card_of("gradients") is None
    assert window.loss_plot.isVisible()
    student.press("lesson.next")
    assert not window.loss_plot.isVisible()
    assert student.panel.isVisible()
    student.press("lesson.next")
    assert not student.panel.isVisible()
    assert window.loss_plot.isVisible()
    assert window.board.board == before
    assert window.body.splitters[0].sizes() == widths


def test_what_is_lit_is_marked_and_said_in_the_legend(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    lit = 'lit = ["input", "layers.0.weight[0,0]"]'
    student = Student(window, qtbot, lesson_folder(tmp_path, TWO.replace('"Read."', f'"Read."\n{lit}', 1)))
    moment = window.session.moment
    assert moment.is_pointed_at(refs.INPUT, (0, 0))
    assert moment.is_pointed_at(refs.weight(0), (0, 0))
    assert not moment.is_pointed_at(refs.bias(0), (0,))
    stage, pen = window.stage_panel.stage, window.appearance.theme.text
    rect = stage.rect_of(refs.weight(0), (0, 0))
    assert rect is not None
    line = [stage.grab().toImage().pixelColor(x, round(rect.center().y())).name() for x in _near(rect.left())]
    assert pen in line
    student.press("lesson.next")
    assert window.session.moment.pointed_at == ()
    line = [stage.grab().toImage().pixelColor(x, round(rect.center().y())).name() for x in _near(rect.left())]
    assert pen not in line


def _near(x: float) -> range:
    return range(round(x) - 4, round(x) + 4)


def test_unsaved_work_is_asked_for_first(window: MainWindow, qtbot: QtBot) -> None:
    window.session.editor.edit("Edit", edits.set_dtype("float32"))
    window.lessons.open(shipped_lessons()[0])
    box = window.findChild(QMessageBox, "file.unsaved")
    assert box is not None
    assert not window.lessons.is_running
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert not window.lessons.is_running
    window.lessons.open(shipped_lessons()[0])
    (box,) = [each for each in window.findChildren(QMessageBox, "file.unsaved") if each.isVisible()]
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Discard), Qt.MouseButton.LeftButton)
    assert window.lessons.is_running
    assert window.session.experiment.title == "Single neuron"


def test_what_a_lesson_brings_and_asks_for_is_not_to_be_saved(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    edit = 'do = [{ edit = "optimizer.lr", to = 0.5 }]'
    text = SIMPLE + f'\n[[step]]\nexperiment = "other.chainrule"\ntext = "More."\n{edit}\n'
    folder = lesson_folder(tmp_path, text)
    shutil.copy(EXAMPLES / "two-layer-scalar.chainrule", folder / "other.chainrule")
    Student(window, qtbot, folder).guide.go_on()
    session = window.session
    assert session.experiment == read_experiment(folder / "other.chainrule")
    assert not session.is_modified
    session.editor.edit("Edit", edits.set_dtype("float32"))
    assert session.is_modified, "nobody has asked for that"
    window.actions_by_id["edit.undo"].trigger()
    session.editor.edit("Edit", lambda experiment: with_value(experiment, "optimizer.lr", 0.5))
    assert window.lessons.guide is not None
    assert window.lessons.guide.is_done
    assert not session.is_modified
    window.actions_by_id["lesson.leave"].trigger()
    assert not session.is_modified
    # In a file that holds something else it is a change.
    session.file.mark_saved(tmp_path / "mine.chainrule")
    session.editor.begin_with("Edit", read_experiment(EXAMPLES / "simple-nn-2-2-1.chainrule"))
    session.file.mark_lent()
    assert session.is_modified


def test_the_number_of_a_task_is_set_as_a_formula(window: MainWindow, qtbot: QtBot) -> None:
    momentum = next(folder for folder in shipped_lessons() if folder.name.endswith("momentum"))
    (part,) = Student(window, qtbot, momentum).panel.tasks
    assert isinstance(part, NumberPart)
    assert part.name.formulas == (r"v^{\text{new}}_w",)
    assert part.name.text == "○ new v_w in iteration 1 ="
    assert part.field.accessibleName() == "Your number for new v_w in iteration 1"


def test_another_file_ends_the_lesson(path: Path, window: MainWindow, qtbot: QtBot) -> None:
    student = Student(window, qtbot, shipped_lessons()[0])
    window.files.open_recent(path)
    assert not window.lessons.is_running
    assert not student.panel.isVisible()
    assert window.session.experiment.title == "SimpleNN 2-2-1"


def test_an_edit_of_the_students_can_be_undone_in_a_later_step(
    tmp_path: Path, window: MainWindow, qtbot: QtBot
) -> None:
    student = Student(window, qtbot, lesson_folder(tmp_path, TWO))
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 3.0)
    student.press("lesson.next")
    assert window.session.moment.number(refs.weight(0), (0, 0)) == 3.0
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.moment.number(refs.weight(0), (0, 0)) == 0.75
    assert window.lessons.is_running


def test_a_step_begins_anew_with_the_lessons_network_which_can_be_undone(
    tmp_path: Path, window: MainWindow, qtbot: QtBot
) -> None:
    student = Student(window, qtbot, lesson_folder(tmp_path, TWO))
    anew = student.panel.findChild(QPushButton, "lesson.anew")
    assert anew is not None
    assert anew.isHidden()
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 3.0)
    student.press("lesson.anew")
    assert window.session.moment.number(refs.weight(0), (0, 0)) == 0.75
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.moment.number(refs.weight(0), (0, 0)) == 3.0


def test_a_step_that_the_network_does_not_fit_says_so(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    text = TWO.replace('"More."', '"More."\nat = { iteration = 0, after = "layers.0.activation" }')
    student = Student(window, qtbot, lesson_folder(tmp_path, text))
    other = read_experiment(EXAMPLES / "cs231n-circuit.chainrule")
    window.session.editor.begin_with("Another", other)
    student.press("lesson.next")
    assert "another one" in student.panel.trouble.text()
    student.press("lesson.anew")
    assert student.guide.trouble == ""
    assert window.session.state.cursor.position == 2


def test_a_step_may_bring_another_network(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    text = TWO.replace('"More."', '"More."\nexperiment = "other.chainrule"')
    folder = lesson_folder(tmp_path, text)
    shutil.copy(EXAMPLES / "two-layer-scalar.chainrule", folder / "other.chainrule")
    student = Student(window, qtbot, folder)
    assert len(window.session.experiment.network.layers) == 1
    student.press("lesson.next")
    assert len(window.session.experiment.network.layers) == 2
    student.press("lesson.back")
    assert len(window.session.experiment.network.layers) == 1
    window.actions_by_id["edit.undo"].trigger()
    assert len(window.session.experiment.network.layers) == 2


def test_a_network_that_a_step_brings_is_not_told_of_as_an_edit_is(
    tmp_path: Path, window: MainWindow, qtbot: QtBot
) -> None:
    """The message pushed the card down, and bade the student take the lesson's network back."""
    folder = lesson_folder(tmp_path, TWO.replace('"More."', '"More."\nexperiment = "other.chainrule"'))
    shutil.copy(EXAMPLES / "two-layer-scalar.chainrule", folder / "other.chainrule")
    student = Student(window, qtbot, folder)
    window.session.navigator.go_to(Cursor(5, 0))
    window.session.navigator.go_to(Cursor(0, 0))
    student.press("lesson.next")
    assert len(window.session.experiment.network.layers) == 2
    assert window.notice.text == ""
    window.actions_by_id["edit.undo"].trigger()
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 3.0)
    assert "put aside" in window.notice.text


def test_the_card_is_as_high_as_its_text(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    text = SIMPLE.replace("Read.", "Some words that make lines of their own. " * 12)
    panel = Student(window, qtbot, lesson_folder(tmp_path, text)).panel
    column, viewport = panel.prose.parentWidget(), panel.prose.parentWidget().parentWidget()
    qtbot.waitUntil(lambda: column.height() == column.layout().totalHeightForWidth(viewport.width()))
    assert column.height() == viewport.height()
    assert panel.height() > panel.minimumHeight()


def test_a_hint_comes_into_sight(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    hints = ", ".join(f'"{"A hint that is long enough to take some lines. " * 4}{place}"' for place in range(8))
    student = Student(window, qtbot, lesson_folder(tmp_path, f"{SIMPLE}hints = [{hints}]\n"))
    window.resize(1280, 800)
    for place in range(8):
        student.press("lesson.hint")
        hint = student.panel.hints[place]
        qtbot.waitUntil(lambda hint=hint: hint.visibleRegion().boundingRect() == hint.rect())  # type: ignore[misc]


def test_an_author_sees_what_is_saved_and_what_is_wrong_with_it(
    tmp_path: Path, window: MainWindow, qtbot: QtBot
) -> None:
    folder = guide_lesson(tmp_path)
    student = Student(window, qtbot, folder)
    panel, file = student.panel, folder / "lesson.toml"
    student.guide.go_on()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("what is the gradient", "say which is the gradient"), encoding="utf-8")
    qtbot.waitUntil(lambda: "say which is" in panel.prose.text)
    assert student.guide.place == 1
    file.write_text(text + '\n[[step]]\ntexts = "no"\n', encoding="utf-8")
    qtbot.waitUntil(lambda: not panel.fault.isHidden())
    assert panel.fault.text().startswith("lesson/lesson.toml: step 4: missing key")
    assert "say which is" in panel.prose.text
    file.write_text(text.replace('"layers.0.weight.grad[0,0]"\nview', '"layers.0.wait[0,0]"\nview'), encoding="utf-8")
    qtbot.waitUntil(lambda: "layers.0.wait" in panel.fault.text())
    assert "step 2, select: there is no value" in panel.fault.text()
    file.write_text(text, encoding="utf-8")
    qtbot.waitUntil(panel.fault.isHidden)
    assert "what is the gradient" in panel.prose.text


def test_a_folder_that_is_no_lesson_is_told(tmp_path: Path, window: MainWindow) -> None:
    window.lessons.open(tmp_path)
    assert not window.lessons.is_running
    assert window.notice.text.startswith("The lesson was not opened.")
    assert "no such file or folder" in window.notice.text


def test_the_menu_lists_each_lesson_and_opens_it(window: MainWindow) -> None:
    menu = window.menus.lessons
    menu.aboutToShow.emit()
    entries = [action for action in menu.actions() if action.objectName().startswith("lesson_menu.")]
    assert [action.objectName().removeprefix("lesson_menu.") for action in entries] == [
        folder.name for folder in shipped_lessons()
    ]
    assert entries[0].text() == "1  One neuron and its three multipliers"
    entries[0].trigger()
    assert window.lessons.is_running


def test_live_numbers_come_with_the_cursor(window: MainWindow, qtbot: QtBot) -> None:
    student = Student(window, qtbot, shipped_lessons()[0])
    student.guide.go_on()
    assert "0.7311" in " ".join(student.panel.prose.formulas)
    window.actions_by_id["step.back"].trigger()
    assert "0.7311" not in " ".join(student.panel.prose.formulas)
    assert "{?}" in " ".join(student.panel.prose.formulas)


def test_no_view_is_asked_for_that_stands_elsewhere_by_now(window: MainWindow) -> None:
    """The boards of these two lessons follow each other: Qt would warn, and that would fail this."""
    for folder in shipped_lessons():
        if not folder.name.endswith(("momentum", "adam")):
            continue
        window.lessons.open(folder)
        guide = window.lessons.guide
        assert guide is not None
        assert guide.lesson is not None
        for place in range(len(guide.lesson.steps)):
            guide.go_to(place)
        assert folder.name in str(guide.lesson.folder)
