"""What the help says: how to begin, and how each part of the program is used, as the simple HTML that Qt shows."""

from __future__ import annotations

import re

from chainrule.translation import gettext

HOW_TO = """
<h3>Find your way</h3>
<p><b>Ctrl+K</b> searches everything by a few letters or words: every command of the menus with its key, the examples
and the lessons, the words of the glossary, and the parts of this help; Enter does it, or goes there. <b>Shift+F1</b> is
a tour of 60 seconds on your window, which the first start offers; nothing that you have is changed by it.</p>
<h3>Walk through an iteration</h3>
<p>Press <b>→</b>: one number, or one layer's numbers, come to be. The yellow numbers are what was read, the coloured
ones what was written; the equation below shows the same with symbols, then with the numbers put in, then the result.
Press <b>←</b> to take it back, as far as you like. Larger strides have their own keys, listed below.</p>
<h3>Ask for any number</h3>
<p>Click a number or a line: the equation shows how it was computed. Rest the mouse on it to read what it means, and all
of its digits. With <b>by number</b> in the tool bar each step reveals one number, instead of all of a layer.
For a batch, the buttons below the equation give each sample's share; Page Up and Page Down choose the sample that
the neurons show. What has a grey ground on the stage is of the whole batch, all else of that sample.</p>
<p>Of a gradient, <b>how this came to be</b> below the equation, or <b>H</b>, unfolds its derivation. Where it is a sum,
over the samples of the batch or over the units that a neuron feeds, each path has a row, and the rows add up. Then
comes the chain rule, from the loss down: each factor with its formula, the derivative of that, as the rules of calculus
give it and as textbooks write it, and its number here. All numbers can be worked out from those beside them. Where
the chain comes to a gradient that is itself a sum, the derivation goes on with that, up to the loss; the name of a row
that begins with a gradient is a link to that one's own derivation. At a corner of a formula, as |x| has at 0, it says
which slope PyTorch takes. What is unfolded stays so, also the next time.</p>
<h3>Come closer</h3>
<p>Ctrl and the wheel, or the buttons above the stage, zoom in where the mouse is, and <b>Ctrl+0</b> shows all again.
Drag the ground, or press Ctrl and an arrow, to move about. A neuron with room to spare shows the curve of its
activation with its z on it, and the products that make its z.</p>
<p>The menu <b>Lessons</b> leads through one thing at a time: what to look at, change or work out (Alt+PgDown goes
on). A lesson that you leave offers to go on at its step when you open it again, and the menu says which are done.</p>
<h3>Change something</h3>
<p>Double-click an input, a target, a weight or a bias, or select it and type. Any other number can be set by hand
too, for the iteration on the screen: what follows is computed from it, a dashed outline marks it, and Delete clears
it. Data, layers, first values, loss, optimizer, clipping and the scheduler of the learning rate are fields on the left;
<b>more</b> shows what is rarely set, such as a learning rate for one layer.
<b>+ penalty</b> adds L2 or L1 to the loss, of all weights, all biases, a layer, or what patterns such as *.bias match:
the loss, and each gradient, is then a sum, and each part of it a step of its own: <b>Lᴰ</b> and <b>∂ᴰ</b> are of the
data, <b>R</b> and <b>∂R</b> of the penalty (R₁, R₂ of several), <b>L</b> and <b>∂</b> the sums. <b>+ parameter
group</b> gives some parameters other arguments of the optimizer, no weight decay for the biases, say. <b>update
every</b>, among what <b>more</b> shows under the data, lets the gradients of so many batches add up before an update:
<b>G</b> is what was added up before, <b>Gᵃˡˡ</b> with this batch's, and 0→G is zero_grad after the update. <b>g</b> is
a gradient that was clipped. The optimizer <b>Formula</b> does what you write, a line for each value: <b>v.next = 0.9*v
+ grad</b> keeps a state v, and <b>next</b> is the new weight. In the middle of training a change holds from that
iteration on. Every change, and every run, can be undone; very large experiments less far. What is typed is taken with
Enter, and before any command that saves, closes, opens, steps, runs or undoes; where it is refused, nothing more is
done, and Esc brings the old value back. After Enter and Esc the arrow keys step again. A number is changed by arrows
only once you type or press <b>F2</b>, a list only once it is open: type a part of a name there.</p>
<p>A number may be typed as a formula in any field or cell, and in what you paste: <code>1/3</code>,
<code>sqrt(2)/2</code>, <code>pi</code>, <code>-e^2</code>. It is worked out at once. <b>=</b> or <b>(</b> opens a
cell, or the selected number, for one. What cannot be read is underlined, and stays to be corrected.</p>
<p>Drag a number sideways, on the stage, in a field or in the current cell of a table (with Alt in any cell), and all
follows. <b>Alt</b> with the wheel or with <b>↑ ↓</b> changes it by steps: a tenth of its first digit, with <b>Shift</b>
finer, with <b>Ctrl</b>, or by <b>Alt+Page Up</b> and <b>Page Down</b>, coarser. A drag is one entry to undo, and
<b>Esc</b> gives the old value back while you drag.</p>
<p><b>Ctrl+C</b> copies the selected number, and in a table its rows, with tabs and every digit (<b>Ctrl+A</b> selects
all), <b>Ctrl+Alt+C</b> all of a value, such as the weights of a layer. <b>Ctrl+V</b> pastes numbers there.</p>
<p>A layer is moved by its name in the experiment: drag it up or down, or press <b>Ctrl+Shift+↑ ↓</b>, also for the
layer of the selected number. What fits of its weights goes along.</p>
<p><b>Formula</b> in the lists of activations and losses is your own: of z, or of the output o and the target t. Type it
below, as <code>z*sigmoid(1.702*z)</code>; its derivative stands under it, and PyTorch checks it as all others.</p>
<p>A field for a <b>formula</b> shows below it, while you type, what it reads and the derivative of that. There are + -
* / ^, brackets, pi, e, if(z &gt; 0, a, b) and functions such as sin, exp, log, tanh, relu, max and abs: the tool tip
lists them. <b>log</b> is the natural logarithm, which is written ln and can be typed so, too; a power is typed as x^2,
x**2 or x², and · × ÷ − ≤ ≥ ≠ are read as textbooks mean them. What is wrong is underlined and said in words; the old
formula holds until yours can be read and you press Enter or go elsewhere, and Esc gives it back.</p>
<p><b>Paste</b> under the data takes rows from a spreadsheet or a CSV file: inputs, then targets. They replace the rows
that are selected and those below, or are added at the end; names of columns are skipped. Undo takes all of a paste back
at once. What cannot be accepted is refused beside its place, with rows and layers counted from 1; where one or two more
changes make it possible, as other targets for another loss, they are offered, and undone together with it.</p>
<p><b>File, Import data</b> (<b>Ctrl+Shift+I</b>) takes a table of your own: a CSV, TSV, XLSX, NPY or NPZ file, which
can also be dropped on the window, or rows that were copied (<b>Ctrl+V</b>). A page shows what was found. Click above a
column, or press <b>I</b>, <b>T</b> or <b>X</b> on it, to make it an input, a target, or leave it out; below stands what
will happen. Text that is a target becomes classes, text that is an input a column of 0 and 1 for each value.
Standardized numbers are shown in their own units, too, while the mouse rests on them, and in the tables where <b>in
their own units</b> below them is ticked. A double-click on a header of the data, or <b>Shift+F2</b> in its column,
renames the column, or the class that an output stands for. A table may have 300,000 rows and 50 million numbers, such
as MNIST's 60,000 images; more than 4 million are computed in float32. <b>File, Sample data</b> has some to begin
with.</p>
<p><b>File, Sketch data</b> is a pad to draw your own: choose a class, or <b>a curve</b>, and click or drag; the right
button erases, and <b>Ctrl+Z</b> takes a stroke back. Spacing and scatter say how dense a stroke is. Without the mouse
the arrows move a crosshair, <b>Space</b> sets a point, <b>Delete</b> erases, and <b>1</b> to <b>9</b> and <b>0</b>
choose the class.</p>
<p><b>File, New</b> begins an experiment with a network of the size, activation and kind of target that you choose. A
network has at most 500 layers, 100,000 units in each, and 20,000,000 parameters in all; the data at most 300,000
rows.</p>
<p><b>Share as a link</b> in the File menu (<b>Ctrl+Shift+L</b>) makes a line of text of the whole experiment, and a QR
code: whoever pastes it with <b>Open a link</b> (<b>Ctrl+L</b>) has the same network, data, first weights and settings.
The iterations are computed again. A <b>saved file</b> opens where it was: at its micro-step, with its curves, and with
what can be undone. Where <b>saved before the newest run</b> stands beside its name, that run is not in it yet, and
closing does not ask about it. To hand an experiment out without all that, press <b>Home</b> before you save.
<b>New window</b> (<b>Ctrl+Shift+N</b>) opens another experiment beside this one, and
<b>Revert</b> gives up what was changed since the file was saved.</p>
<p>A new experiment can be a <b>formula</b>, too, such as q = x + y; f = q*z: each operator is a node on the stage, the
value stands above its wire and the gradient below it. Names that no line defines are the parameters, with a field and a
lock each; the last line is the output, which training makes smaller. A wrong line says why at its character, and the
formula before it stays until Enter.</p>
<p>Without the mouse: <b>F6</b> goes from one part of the window to the next, <b>Tab</b> and the arrows to what is in
it, and <b>Ctrl+F</b> to any field or button by some letters of its name. The line at the bottom says what the keys do
where you are.</p>
<h3>Train</h3>
<p><b>Space</b> runs and pauses; <b>Ctrl+T</b> trains as many iterations as you say. <b>Ctrl+G</b>, or a click on the
iteration at the lower right, goes to any iteration, or trains on to it. <b>Home</b> goes back to the same first
weights; <b>Ctrl+R</b> draws new ones. <b>Start from here</b> in the Edit menu (<b>Ctrl+Shift+Home</b>) lets training
start from the parameters on the screen, with what the optimizer keeps beside them: the timeline then begins there, a
saved file goes on to the same numbers, and <b>forget</b> under the optimizer takes it back to iteration 0.
Drag on the bar at the bottom to any micro-step, or to any iteration that was
computed. How fast a run goes is chosen beside <b>Run</b>; at <b>fastest</b> the network and the plots stay live, and
the equation's numbers follow at the pause. The pace and the step size are remembered for the next time.</p>
<h3>Trust</h3>
<p>The badge at the top right compares the iteration on the screen with PyTorch's autograd and, once an update is on the
screen, with torch.optim. It shows the largest difference. Click it for every value's, also over many iterations, and
from finite differences of the loss; of a large network the rows come one after another.</p>
<p>The plots at the right: the loss and the gradients by iteration, and under them tabs. With rows held back for the
test their loss is dashed; where it begins to rise while the other falls, the network overfits. <b>accuracy</b> beside
the loss, for classes, shows the share of right answers of both in its place: measured at up to 256 iterations, beside
a run for a tenth of the time at most. Rest the mouse on it for the counts. Names of tabs that have no room are in the
menu at their end, <b>+4</b> say, with what each view shows and its key. <b>Slope</b> is the loss along the weight or
bias that was selected last, whose gradient is the slope there; after the step it says by how much the loss falls if
the slope is right (the cross), and by how much it fell (the ring). <b>Rate</b> is the learning rate by iteration, also
of what lies ahead. <b>State</b> lists all that the optimizer reads, keeps and computes for one weight or bias, before
and after the update: click a line to see its equation, double-click a number to change it. <b>Classes</b> is for
targets that are classes: the accuracy, and how often each class was taken for each; with <b>predicted class</b> under
the data, each row of the batch has ✓, or ✗ and the class that was taken. <b>Path</b> is for a formula: the way of
training on the curve of its output, or through its contour lines for two parameters. <b>Code</b> is the experiment as
a PyTorch script, which follows each edit; the line that the micro-step on the screen is a part of is lit.
<b>Surface</b> (<b>Alt+6</b>) is the loss of the batch over two weights, or along two directions of all of them, random
ones or those in which training went, with the way of training on it and, if you like, those of other optimizers from
here. Rest the mouse on a place to read the loss there; <b>a click sets the weights there</b>, and undo takes it back;
a double click on a point of the way goes to its iteration. <b>Fit</b> is what the network has learned: its output over
two of its inputs, with a line where the answer turns, or as a curve over one, and the rows of the data on it, hollow
where they are held back for the test. Click a row to show it on the stage, rest the mouse on a place to read the
output there, and copy the numbers with <b>Ctrl+C</b>. <b>I</b> shows the same as a small picture in every neuron, of
networks with one or two inputs: what the neuron makes of the inputs, blue above 0 and orange below.</p>
<p><b>Warp</b> (<b>Alt+Shift+6</b>), for two inputs, is the plane as a layer has it: <b>play</b>, or the slider, takes
its grid, the rows and the boundary from the inputs to z, where straight lines are still straight, and to a, where the
activation has bent them, until the straight line of the next layer parts them. Choose the layer, and two of its
units.</p>
<p>Inputs that are pixels, by their names (pixel0, 3x4) or because they form a square, are pictures in <b>Fit</b>; of
others choose <b>weights into layer 1</b> there, and their height and width. It shows the weights into each unit of the
first layer, and the row that is shown. Draw on the row with the mouse, the right button erases; or with the arrows,
<b>Space</b> and <b>Delete</b>. The network's answer follows, and undo takes a stroke back.</p>
<p><b>Activation</b> (<b>Alt+9</b>) is what the activation of the selected neuron does: f(z),
and f′(z), the part of the gradient that passes, with each sample of the batch as a dot on both and the one on the stage
as a large one. Click a dot to show that sample. A kink is marked with the slope that PyTorch takes there.
<b>Shift+I</b> shows the same curve small in every neuron, in the place of what it has learned.</p>
<p><b>Rows</b> (<b>Alt+Shift+2</b>) says of each row what the network says of it, its loss, and whether that is right,
the worst rows first: which does it get wrong? Choose another order, or the test rows alone. A click or <b>Enter</b>
shows the row on the stage, where it is in the batch. Pixels are seen as a picture; of numbers stands how much the
target is more than the prediction. <b>Ctrl+C</b> copies what is selected.</p>
<p><b>Race</b> (<b>Alt+8</b>) trains up to 1,024 runs at once from the same first weights,
under other learning rates, optimizers, seeds or ways to draw the first weights: each is a mark at the loss that it has
come to, a red cross above where it diverged; <b>over time</b> shows how the losses went. Over two quantities it is a
map of where training converges, with crosses where it does not: drag a rectangle, or press <b>+</b>, to race again in
it, and <b>Backspace</b> to go back. Click a run, and <b>take over</b> gives the experiment what it has, as one edit;
without a click that is the best run. The experiment stays as it is until then.</p>
<p><b>What if?</b> <b>K</b> pins the run on the screen: its curve stays in the loss plot, dashed, while you change
something and run again. The legend names what differs between the runs, and the mouse reads each loss. What an edit or
a restart has put aside can be kept, too: <b>keep last</b> above the plot. <b>Runs</b> (<b>Alt+0</b>, or <b>View &gt;
Views</b>) lists them with their losses and accuracies: name one, hide it, go back to its settings, or bring it back
itself to train on. They stay with the document, and in its file.</p>
<p><b>Check</b> (<b>M</b>, or <b>Alt+Shift+1</b>; below the equation <b>Shift+M</b>) asks what you worked out for the
selected number: it is right, right but for rounding, or wrong, and then the mistake is named that gives it, with the
wrong rule beside the right one. Nothing is set. Below it a whole calculation is checked line by line: where it first
goes wrong, and what follows rightly from your own numbers. In a terminal <code>chainrule grade</code> grades a class,
and <code>chainrule check FILE --published</code> checks what a book printed.</p>
<p><b>Predict</b> (<b>Q</b>) has a step ask before a number is shown; nothing ahead of the cursor is in sight then. Type
it below the equation, or pick a side; it is checked, then shown, and <b>→</b> asks for the next. The first answer
counts. <b>Ctrl+Enter</b> shows it without one, <b>Shift+Q</b> the score, to be saved. Leaps and runs go past.</p>
<p><b>Flow</b> (<b>Alt+Shift+3</b>) shows whether gradients vanish: for each layer the norm of its weights' gradient by
iteration, how much an update moves its weights as a part of their size (10⁻³ is usual), and in this iteration how often
z, a and the gradients have which size, with the share of dead units (slope 0 for every row) and of answers where the
activation is flat. A sentence says where a layer lets nothing through and what to try; <b>show</b> leads there. As long
as the view is not in sight, a link with ⚠ beside the title of the gradients says the same in a word.</p>
<p><b>Rules</b> (<b>Alt+Shift+4</b>) shows why your numbers may differ from PyTorch's: what the selected parameter
becomes under PyTorch's rule, Keras's and a textbook's of the same name, from the start of the training or from this
iteration, its buffers included: momentum, Nesterov, Adam, RMSprop and weight decay. The first number that differs has
a ≠; a sentence says in which iteration that is, and whether the rate has changed there.
<b>use this one</b> gives the experiment the convention that is chosen.</p>
<p><b>Published numbers</b> in the menu Lessons (<b>Ctrl+Shift+B</b>) puts the digits that Mazur, CS231n, Nielsen and
Karpathy printed, or those of a table of your own, beside ours. Of a wrong one it names the mistake that gives just
these digits, and <b>Run both methods</b> trains with that mistake beside the right training.</p>
<p><b>Ask this</b> (<b>Shift+A</b>, or the right button on a number of the network) makes a question of the selected
number. The tab <b>Questions</b>
(<b>Alt+Shift+7</b>) lists them, with points, tolerance and words of your own for each; they are saved with the file.
<b>File &gt; Export</b> makes worksheets with their key, variants for each student, and quizzes for Moodle or by QTI of
them, or of a phase. <b>File &gt; Grade answers</b> (<b>Ctrl+Shift+G</b>) gives points to what was handed in: choose the
files, or drop them there. Each student has a line, with the first number that went wrong and the mistake that gives it;
what follows rightly from an own wrong number (↪) has its points. The table is saved as CSV or JSON, and a page for each
student into a folder.</p>
<p>The right side is a board: the three dots of a card, and <b>View &gt; Views</b>, choose which views stand there.
Drag a card by its title, or the tabs by their names, to another place (<b>Alt+F7</b>, <b>Alt+Shift+F7</b>). A double
click on a title, or <b>F7</b>, lays the view over the network; <b>Esc</b> brings it back. <b>Shift+F7</b> gives it a
window of its own, for a second screen: the keys do the same there, and once it is closed the view is on the board
again. <b>Ctrl+F7</b> gives a tab a card of its own. The keys are about the view that you came to last, which the menu
names. Until you choose a tab, the one in front suits what was opened or imported: <b>Fit</b> for rows of two
inputs, say. <b>Ctrl+Shift+F7</b>, <b>Numbers of</b> in the menu, shows the numbers of a view as a table with every
digit, which follows it: for the arrow keys, to copy or to save as CSV. In the plots of the loss, the
gradients and the rate, and in Fit, Surface, Slope and Path, <b>Ctrl</b> with the wheel zooms, as do <b>Alt++</b> and
<b>Alt+-</b>, a drag moves what is in sight, and <b>all</b> shows everything again. <b>Keep this board with the
experiment</b> writes the views into the file, for whoever opens it; one's own board comes back with the next file.</p>
<p>Where there is no room for the numbers of all weights, those into one neuron are shown: click another neuron for
its own. In wide networks a layer is a row of colours, and its weights are a heat map: blue is positive, orange
negative. Click any place in it.</p>
<p>The experiment, the plots, the equation and the timeline fold away: drag their edge to the edge of the window, or
press <b>F9</b>, <b>Shift+F9</b>, <b>F8</b>, <b>Shift+F8</b>; the strip that is left brings each back. <b>F11</b>
fills the screen. Where the screen is small or the text large, the sides fold by themselves, what has no room is
scrolled to, and buttons without room are behind the » at the end of the tool bar.</p>
<p><b>File &gt; Import PyTorch</b> (<b>Ctrl+I</b>) makes an experiment of a PyTorch script that you paste, open or drop
on the window. It is read line by line and never run; what is not understood is named by its line, and marked in the
script when it changes the numbers. <b>File &gt; Import weights</b> lets training start from a state_dict or a
checkpoint that PyTorch saved, in .pt or .safetensors; names are matched, then order and shape.</p>
<p><b>File &gt; Export</b> writes what is on the screen for other programs: the history of the training as a table in
CSV, with every digit, for a spreadsheet say; iterations as a spreadsheet that computes, in which every number follows
when you change a weight; the experiment as a PyTorch script, which prints the same losses; or the weights, which that
script's network loads, as safetensors or, with the optimizer's state, as .pt.</p>
<p><b>Pictures</b> for slides and notes: <b>Ctrl+Shift+C</b> copies the part of the window that has the keyboard, the
right mouse button has a menu for the part that it is over, and <b>Ctrl+Shift+E</b> asks what, in which format (PNG,
SVG, PDF), size and colours. All of it is in the picture, also what is scrolled out of sight. The menus of the network
and the equation copy the formulas as LaTeX, Markdown or text, too, and <b>File &gt; Export</b> writes all of an
iteration as a document. <b>File &gt; Export animation</b> writes it micro-step by micro-step as a GIF, or as a video
where ffmpeg is installed. <b>Ctrl+P</b> shows the pages before they are printed.</p>
<h3>Show it to a hall</h3>
<p><b>F5</b> fills the projector's screen, or the only one, with the network and the equation, for the last row; of a
large network the part is shown where the step is. What takes no part in the step recedes, and each phase is announced.
A clicker's <b>Page Down</b> and <b>Page Up</b> step, as the arrows do, and <b>Esc</b> leads back.
<b>S</b> is a spotlight around the mouse (its size by the wheel), <b>P</b> a pen in four colours, <b>1</b> to <b>4</b>;
<b>Z</b> takes a stroke back, <b>E</b> erases all, and <b>K</b> keeps what would go with the next step. <b>B</b> makes
the screen black and <b>W</b> white, until the next step. <b>H</b> shows how the gradient that is looked at came
to be in the place of the network, part by part, <b>N</b> goes on to the next step of a lesson, and <b>F1</b> lists all
keys. With a second screen your own shows the notes of that step, and what the hall sees, to
point and draw on, what is said, what comes next, and the time; <b>O</b> changes the screens.</p>
<p><b>Slow motion</b> (<b>Ctrl+M</b>) goes on by itself, and values travel to where the next step needs them, backward
against the edges. <b>Ctrl+Alt+M</b> is faster, <b>Ctrl+Shift+M</b> slower; <b>View &gt; Less motion</b> stills it.</p>
<h3>If something goes wrong</h3>
<p>A message above the stage says what and why, and your experiment stays as it was. Where a graphics card has no
memory left, or is gone, training stops at the last iteration that it computed, and goes on on the CPU if you like.
What needs more memory than the machine has is refused, with how much it needs. What is merely large is opened after a
question, with only the iteration on the screen remembered: stepping back then computes again. A file that cannot be
written, because the disk is full say, leaves the old file whole: save under another name. A file that another program
or window has changed since you opened it is not written over unless you say so. <b>Save with trained parameters</b>
asks before it replaces the first weights in the experiment's own file. Saving what is large goes on while you work:
what is saved is what there was when you asked. Where the program ended unexpectedly, the next start offers what you
had not saved, with its training. In a terminal, <b>chainrule doctor</b> says what is missing on this machine.</p>
"""

_BLOCK = re.compile(r"<(h3|p)>(.*?)</\1>", re.DOTALL)


def how_to() -> str:
    """Return all of it in the language that was chosen, heading by heading and paragraph by paragraph."""
    return _BLOCK.sub(lambda found: f"<{found[1]}>{gettext(_joined(found[2]))}</{found[1]}>", HOW_TO)


def help_texts() -> list[str]:
    """Return each heading and paragraph in English, in a line each, as they are looked up."""
    return [_joined(text) for _, text in _BLOCK.findall(HOW_TO)]


def _joined(text: str) -> str:
    """Return a paragraph without the breaks of its lines, which mean nothing in HTML."""
    return " ".join(text.split())
