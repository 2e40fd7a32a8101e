"""What the view of checked numbers says: signs and colours of verdicts, and each line of a calculation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.lessons.hand_calculation import CheckedCalculation, CheckedLine

# Never by colour alone: each verdict has a sign of its own. By the verdicts' own values.
MARKS = {
    "right": ("✓", "good"),
    "rounded": ("≈", "by_hand"),
    "right but for rounding": ("≈", "by_hand"),
    "consequential": ("↪", "by_hand"),
    "wrong": ("✗", "error"),
    "no number": ("?", "muted"),
    "not read": ("?", "muted"),
}
_EXPLAINED = {"consequential": gettext_noop("right, by your own numbers before it")}


def line_in_words(line: CheckedLine, *, is_first: bool) -> str:
    """Return what is said of a line: `12 ✗ δ₁ = 0.5: wrong; it begins here. You left out ...`."""
    mark, _ = MARKS[line.verdict.value]
    name = line.answer.name if line.answer is not None else line.line.name
    head = f"{line.line.number}  {mark} {name} = {line.line.given}: "
    if line.reason:
        return gettext("{head}not read, for {reason}.", head=head, reason=line.reason)
    verdict = line.verdict.value + (
        f" ({gettext(_EXPLAINED[line.verdict.value])})" if line.verdict.value in _EXPLAINED else ""
    )
    first = gettext(", and the first line that is") if is_first else ""
    says = line.answer is not None and line.verdict.value in ("wrong", "right but for rounding")
    return f"{head}{verdict}{first}. {line.answer.text if says and line.answer is not None else ''}".strip()


def calculation_in_words(checked: CheckedCalculation) -> str:
    """Return the verdict on a whole calculation."""
    if not checked.lines:
        return gettext("No line with a name and a number was found: write w1 = 0.38, or paste two columns.")
    wrong = sum(line.verdict.value == "wrong" for line in checked.lines)
    follow = sum(line.verdict.value == "consequential" for line in checked.lines)
    unread = sum(line.verdict.value == "not read" for line in checked.lines)
    if not wrong:
        right = gettext("All lines that could be read are right.") if unread else gettext("All lines are right.")
        return f"✓ {right}"
    first = checked.lines[checked.first_wrong or 0].line.number
    rest = (
        gettext(
            " {follow} {more} from wrong numbers, worked out rightly.",
            follow=follow,
            more=gettext("follows") if follow == 1 else gettext("follow"),
        )
        if follow
        else ""
    )
    return gettext(
        "✗ It first goes wrong in line {first}; {wrong} of {lines} are wrong by themselves.{rest}",
        first=first,
        wrong=wrong,
        lines=len(checked.lines),
        rest=rest,
    )
