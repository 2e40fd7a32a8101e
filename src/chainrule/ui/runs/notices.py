"""What the session tells goes into the notice, with what can be done about it."""

from __future__ import annotations

from chainrule.session.screen.screen import View
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.widgets.notice import NoticeBar

KEEP = gettext_noop("keep it as a run")
KEEP_TIP = gettext_noop("Pin what was put aside: its curve stays in the loss plot")


def tell(session: Session, notice: NoticeBar) -> None:
    """Have a notice say what a session tells, and offer to keep the run that an edit has put aside."""
    session.signals.informed.connect(notice.inform)
    session.signals.warned.connect(notice.warn)
    session.signals.noticed.connect(notice.say)

    def offer(view: View) -> None:
        if session.runs.can_keep(view):
            notice.offer(gettext(KEEP), gettext(KEEP_TIP), lambda: session.runs.keep(view))

    session.signals.put_aside.connect(offer)
