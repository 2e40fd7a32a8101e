"""The in-program help: how to begin, and every key, made from the action table."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.screen import within_screen

HOW_TO = """
<h3>Walk through an iteration</h3>
<p>Press <b>→</b>: one number, or one layer's numbers, come to be. The yellow numbers are what was read, the coloured
ones what was written; the equation below shows the same with symbols, then with the numbers put in, then the result.
Press <b>←</b> to take it back, as far as you like. Larger strides have their own keys, listed below.</p>
<h3>Ask for any number</h3>
<p>Click a number or a line: the equation shows how it was computed. Rest the mouse on it to see all of its digits.
For a batch, the buttons below the equation give each sample's share; Page Up and Page Down choose the sample that
the neurons show.</p>
<h3>Change something</h3>
<p>Double-click an input, a target, a weight or a bias, or select it and type. Any other number can be set by hand
too, for the iteration on the screen: what follows is computed from it, a dashed outline marks it, and Delete clears
it. Data, layers, first values, loss, optimizer, clipping and the scheduler of the learning rate are fields on the left;
<b>more</b> shows what is rarely set, such as a learning rate for one layer.
In the middle of training a change holds from that iteration on. Every change, and every run, can be undone; very large
experiments less far. What is typed is taken with Enter, and before any command that saves, closes, opens, steps, runs
or undoes; where it is refused, nothing more is done, and Esc brings the old value back. After Enter and Esc the arrow
keys step again. A number is changed by arrows only once you type or press <b>F2</b>, a list only once it is open: type
a part of a name there.</p>
<p>Without the mouse: <b>F6</b> goes from one part of the window to the next, <b>Tab</b> and the arrows to what is in
it, and <b>Ctrl+F</b> to any field or button by some letters of its name. The line at the bottom says what the keys do
where you are.</p>
<h3>Train</h3>
<p><b>Space</b> runs and pauses; <b>Ctrl+T</b> trains as many iterations as you say. <b>Ctrl+G</b>, or a click on the
iteration at the lower right, goes to any iteration, or trains on to it. <b>Home</b> goes back to the same first
weights; <b>Ctrl+R</b> draws new ones. Drag on the bar at the bottom to any micro-step, or to any iteration that was
computed. How fast a run goes is chosen beside <b>Run</b>; at <b>fastest</b> the network and the plots stay live, and
the equation's numbers follow at the pause. The pace and the step size are remembered for the next time.</p>
<h3>Trust</h3>
<p>The badge at the top right compares the iteration on the screen with PyTorch's autograd and, once an update is on the
screen, with torch.optim. It shows the largest difference. Click it for every value's, also over many iterations, and
from finite differences of the loss; of a large network the rows come one after another.</p>
<p>The plots at the right: the loss and the gradients by iteration, and under them tabs. <b>Slope</b> is the loss along
the weight or bias that was selected last, whose gradient is the slope there; <b>Schedule</b> is the learning rate by
iteration, also of what lies ahead.</p>
<p>In wide networks a layer is a row of colours, and its weights are a heat map: blue is positive, orange negative.
Click any place in it.</p>
<p>The experiment, the plots, the equation and the timeline fold away: drag their edge to the edge of the window, or
press <b>F9</b>, <b>Shift+F9</b>, <b>F8</b>, <b>Shift+F8</b>; the strip that is left brings each back. <b>F11</b>
fills the screen. Where the screen is small or the text large, the sides fold by themselves, what has no room is
scrolled to, and buttons without room are behind the » at the end of the tool bar.</p>
<h3>If something goes wrong</h3>
<p>A message above the stage says what and why, and your experiment stays as it was. Where a graphics card has no memory
left, or is gone, training stops at the last iteration that it computed, and goes on on the CPU if you like. What needs
more memory than the machine has is refused, with how much it needs. What is merely large is opened after a question,
with only the iteration on the screen remembered: stepping back then computes again. A file that
cannot be written, because the disk is full say, leaves the old file whole: save under another name. A file that another
program or window has changed since you opened it is not written over unless you say so. <b>Save with
trained parameters</b> asks before it replaces the first weights in the experiment's own file. Saving what is large goes
on while you work: what is saved is what there was when you asked. Where the program ended unexpectedly, the next start
offers what you had not saved. In a terminal, <b>chainrule doctor</b> says what is
missing on this machine.</p>
"""


class HelpWindow(QDialog):
    """How to use the program; it may stay open beside the window."""

    def __init__(self, appearance: Appearance, rows: list[tuple[str, str, tuple[str, ...]]], parent: QWidget) -> None:
        """`rows` are the actions to list: menu, tip, keys."""
        super().__init__(parent)
        self.setObjectName("help.window")
        self.setWindowTitle("How to use Chainrule")
        self.resize(within_screen(self, appearance.size(620), appearance.size(640)))
        self._text = QTextBrowser(self)
        self._text.setAccessibleName("Help")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self._text)
        column.addWidget(buttons)
        self._list_keys(rows)

    def _list_keys(self, rows: list[tuple[str, str, tuple[str, ...]]]) -> None:
        lines = []
        for menu, tip, keys in rows:
            if keys:
                native = QKeySequence.SequenceFormat.NativeText
                shown = " or ".join(QKeySequence(key).toString(native) for key in keys)
                row = f"<td><b>{escape(shown)}</b></td><td>{escape(tip)}</td><td>{escape(menu)}</td>"
                lines.append(f"<tr>{row}</tr>")
        self._text.setHtml(f"{HOW_TO}<h3>Keys</h3><table cellspacing='6'>{''.join(lines)}</table>")

    def open(self) -> None:
        """Show it without blocking the window."""
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.show()
        self.raise_()
