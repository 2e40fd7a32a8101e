"""Scroll areas that are part of what is around them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from chainrule.ui.style.appearance import Appearance

BAR = 8
# The same with a margin around its handle.
INSET_BAR = 9
# What a window leaves of the smallest screen, whatever the text size.
LEAST_ROOM = QSize(440, 160)


def slim_bars(appearance: Appearance) -> str:
    """Return the style of scroll bars in this look and text size."""
    size, theme = appearance.size, appearance.theme
    style = "".join(
        f"QScrollBar:{way} {{ background: transparent; {across}: {size(BAR)}px; margin: {margin}; }}"
        f"QScrollBar::handle:{way} {{ background: {theme.border}; border-radius: {size(3)}px; margin: {inside};"
        f" min-{along}: {size(24)}px; }}"
        for way, across, along, margin, inside in (
            ("vertical", "width", "height", f"{size(6)}px 0", "0 1px"),
            ("horizontal", "height", "width", f"0 {size(6)}px", "1px 0"),
        )
    )
    return style + (
        f"QScrollBar::handle:hover {{ background: {theme.dimmed}; }}"
        "QScrollBar::handle:disabled { background: transparent; }"
        "QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }"
        "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }"
    )


def table_bars(appearance: Appearance, *, inset: bool = False) -> str:
    """Return the style of a table's scroll bars, which go from end to end; `inset` ones have a margin around them."""
    theme, bar = appearance.theme, appearance.size(INSET_BAR if inset else BAR)
    edge = f"border-radius: {appearance.size(3)}px; margin: 1px;" if inset else "border-radius: 3px;"
    return (
        f"QScrollBar {{ background: transparent; width: {bar}px; height: {bar}px; }}"
        f"QScrollBar::handle {{ background: {theme.border}; {edge}"
        f" min-height: {3 * bar}px; min-width: {3 * bar}px; }}"
        f"QScrollBar::handle:hover {{ background: {theme.dimmed}; }}"
        "QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }"
        "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }"
    )


def lay_out_around(widget: QWidget) -> None:
    """Give a widget that has another size its place at once, in all that it is in.

    By itself each layout asks the one around it in a later turn of the event loop, and what is painted between them has
    no room for the widget.
    """
    around: QWidget | None = widget
    while around is not None:
        QCoreApplication.sendPostedEvents(around, QEvent.Type.LayoutRequest.value)
        around = None if around.isWindow() else around.parentWidget()


def bring_into_sight(widget: QWidget) -> None:
    """Scroll all that a widget is in to it."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()


def show_with(widget: QWidget, whole: QWidget) -> None:
    """Bring all that a widget belongs to into sight once that has its place; itself where there is no room for all."""

    def scroll() -> None:
        lay_out_around(widget)
        bring_into_sight(whole)
        bring_into_sight(widget)

    QTimer.singleShot(0, widget, scroll)


def begin_in(widget: QWidget, whole: QWidget | None = None) -> None:
    """Give the keyboard to a widget that may have come just now, and bring it into sight, with all it belongs to."""
    widget.setFocus()
    show_with(widget, widget if whole is None else whole)


class PlainScrollArea(QScrollArea):
    """No frame, no background and no stop of the Tab key: what it holds gets the width, and is scrolled in height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Of a viewport that Qt has made by itself PySide must find the class, for which it readies every class of
        # widgets that there is: a tenth of the time that the window takes to be made.
        self.setViewport(QWidget(self))


class SlimScrollArea(PlainScrollArea):
    """With scroll bars that are as slim as can be hit; what they need comes out of what lies beside them."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.appearance = appearance
        # Between two bars nothing is painted.
        self.setCornerWidget(QWidget(self))
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def bar_size(self) -> int:
        """How wide a bar is."""
        return self.appearance.size(BAR)

    def _restyle(self) -> None:
        style = slim_bars(self.appearance)
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setStyleSheet(style)
            bar.setSingleStep(self.appearance.size(24))


class WideArea(SlimScrollArea):
    """All that a widget holds: as high as that is at the widget's width, and scrolled sideways where it is wider."""

    def __init__(self, content: QWidget, appearance: Appearance, around: QWidget) -> None:
        super().__init__(appearance, around)
        self._content, self._around = content, around
        self.setWidgetResizable(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        around.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(around)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self)

    def height_of(self, inner: int, height: int, width: int) -> int:
        """Return how high content of that size is in a width, with the bar below what is wider."""
        return height + (self.bar_size + 2 if inner > width else 0)

    def take(self, inner: int, height: int) -> None:
        """Give the content this size, and the widget around it the height that it needs."""
        self._content.setFixedSize(inner, height)
        self._around.setFixedHeight(self.height_of(inner, height, self._around.width()))


class ScrolledColumn(SlimScrollArea):
    """As wide as what it holds needs, and scrolled in height where there is less room than that needs."""

    def __init__(self, content: QWidget, appearance: Appearance, parent: QWidget) -> None:
        # The area filters events of its own parts from the beginning.
        self._content = content
        super().__init__(appearance, parent)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        content.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        """Return the width of the content with a scroll bar beside it, and room for some of it."""
        bar = self.bar_size
        least = self._content.minimumSizeHint().expandedTo(self._content.minimumSize())
        return QSize(least.width() + bar, 4 * bar)

    def sizeHint(self) -> QSize:
        """Return all of the content."""
        return self._content.sizeHint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another size: what the content needs has changed, and so has what this needs."""
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class ScrolledRoom(SlimScrollArea):
    """Gives what it holds all the room that there is, and scrolls it where that is not enough.

    It asks for no more than a small screen has: what it holds may need more for a moment, or with large text.
    """

    def __init__(self, content: QWidget, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, parent)
        self._content = content
        self.setWidget(content)

    def minimumSizeHint(self) -> QSize:
        """Return what the content needs, or as much of it as any screen has room for."""
        return self._content.minimumSizeHint().boundedTo(LEAST_ROOM)

    def sizeHint(self) -> QSize:
        """Return all of the content."""
        return self._content.sizeHint()
