"""Colours and fonts, light and dark. Blue is positive and orange negative; each phase has one hue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette, QPen
from PySide6.QtWidgets import QApplication

from chainrule.resource_files import resources_directory
from chainrule.session.files.settings import SettingsStore
from chainrule.ui.style.contrast import FOR_TEXT, contrast
from chainrule.ui.style.motion import Motion

SANS = "DejaVu Sans"
MONO = "DejaVu Sans Mono"
BASE_SIZE = 13
SCALES = (0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
PHASES = ("forward", "loss", "backward", "update")
# The colours of the theme that texts are written in.
TEXTS = ("text", "muted", "dimmed", "link", "positive", "negative", "error", "good", "by_hand", *PHASES)
# How much of a hue is in a ground. Stronger ones leave too little contrast to the texts on them.
WRITTEN = 0.1
FOCUS = 0.15
MESSAGE = 0.1
ROW = 0.13
# A text that stands back keeps so many hundredths of its colour at least.
DIMMEST = 70


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours. `read` marks what a micro-step reads, `by_hand` what was set by hand.

    Each of `TEXTS` may lie on each of `grounds`: a test holds every pair to the contrast that a text needs.
    """

    window: str
    surface: str
    field: str
    border: str
    text: str
    muted: str
    dimmed: str
    link: str
    positive: str
    negative: str
    read: str
    read_border: str
    error: str
    good: str
    good_surface: str
    forward: str
    loss: str
    backward: str
    update: str
    by_hand: str

    def phase(self, name: str) -> QColor:
        """Return the hue of a phase: "forward", "loss", "backward" or "update"."""
        return QColor(getattr(self, name))

    def signed(self, number: float) -> QColor:
        """Return the colour of a number by its sign; zero has none."""
        if number == 0:
            return QColor(self.muted)
        return QColor(self.negative if number < 0 else self.positive)

    def by_hand_pen(self) -> QPen:
        """Return the outline of a number set by hand: dashed, so that it is told apart without its colour."""
        pen = QPen(QColor(self.by_hand), 1.5)
        pen.setDashPattern([3.0, 2.0])
        return pen

    def pointing_pen(self, scale: float) -> QPen:
        """Return the outline of what a lesson speaks of: stronger than any other, so that it is told apart without its
        colour.
        """
        return QPen(QColor(self.text), 1.8 * scale)

    def dim(self, color: QColor | str) -> QColor:
        """Return the colour of a text that stands back: as pale as can still be read on the surface and the field."""
        return QColor(_dimmed(self.surface, self.field, QColor(color).rgb()))

    def written_ground(self, hue: QColor | str) -> QColor:
        """Return what lies behind a number that a micro-step of a phase writes,
        and behind what belongs to that phase.
        """
        return self.tint(hue, WRITTEN)

    def focus_ground(self, hue: QColor | str) -> QColor:
        """Return what lies behind the number that is looked at: stronger than what is written beside it."""
        return self.tint(hue, FOCUS)

    @property
    def error_ground(self) -> QColor:
        """What lies behind what was refused, or differs."""
        return self.tint(self.error, MESSAGE)

    @property
    def warning_ground(self) -> QColor:
        """What lies behind what one should look at, though nothing went wrong."""
        return self.tint(self.read_border, MESSAGE)

    @property
    def information_ground(self) -> QColor:
        """What lies behind what one may like to know."""
        return self.tint(self.link, MESSAGE)

    @property
    def shown_row(self) -> QColor:
        """The ground of the row that is shown everywhere else too."""
        return self.tint(self.link, ROW)

    @property
    def selected_row(self) -> QColor:
        """The ground of rows that are selected."""
        return self.tint(self.muted, ROW)

    def grounds(self) -> dict[str, QColor]:
        """Return all that a text can lie on, by name."""
        plain = ("window", "surface", "field", "read", "good_surface")
        found = {name: QColor(getattr(self, name)) for name in plain}
        for name in (*PHASES, "link"):
            found[f"written, {name}"] = self.written_ground(getattr(self, name))
            found[f"in focus, {name}"] = self.focus_ground(getattr(self, name))
        for name in ("error_ground", "warning_ground", "information_ground", "shown_row", "selected_row"):
            found[name] = getattr(self, name)
        return found

    def tint(self, color: QColor | str, amount: float) -> QColor:
        """Return a colour mixed with the surface: 0 is the surface, 1 the colour. Opaque, for opaque pens draw fast."""
        return QColor(_mixed(self.surface, QColor(color).rgb(), amount))


@lru_cache(maxsize=1024)
def _mixed(surface: str, color: int, amount: float) -> QColor:
    base, top = QColor(surface).getRgb(), QColor(color).getRgb()
    return QColor(*(round(below + (above - below) * amount) for below, above in zip(base, top, strict=True)))  # type: ignore[call-overload]


@lru_cache(maxsize=256)
def _dimmed(surface: str, field: str, color: int) -> QColor:
    for percent in range(DIMMEST, 100):
        found = _mixed(surface, color, percent / 100)
        if min(contrast(found, surface), contrast(found, field)) >= FOR_TEXT:
            return found
    return QColor(color)


LIGHT = Theme(
    window="#f5f6f9",
    surface="#ffffff",
    field="#f3f4f7",
    border="#dfe3ea",
    text="#1b2330",
    muted="#4d5665",
    dimmed="#5b6675",
    link="#1460a8",
    positive="#1463ab",
    negative="#a84800",
    read="#fff3c4",
    read_border="#b08200",
    error="#b3261e",
    good="#28702d",
    good_surface="#e6f4e6",
    forward="#186c7d",
    loss="#805c00",
    backward="#98296b",
    update="#34702a",
    by_hand="#5b3fd6",
)
DARK = Theme(
    window="#14171c",
    surface="#1d2128",
    field="#282d36",
    border="#363d49",
    text="#e8ebf0",
    muted="#b4bdca",
    dimmed="#9ea8b5",
    link="#79b8f5",
    positive="#6db5f7",
    negative="#f5a05a",
    read="#453a12",
    read_border="#e0b93a",
    error="#ff8a80",
    good="#86d18b",
    good_surface="#1e3523",
    forward="#55bfd3",
    loss="#e0b13c",
    backward="#ea8ec5",
    update="#85c973",
    by_hand="#b3a2ff",
)


class Appearance(QObject):
    """The theme and text size in use, the signal that they changed, and whether anything may move by itself."""

    changed = Signal()

    def __init__(
        self, parent: QObject | None = None, *, kept: tuple[Theme, float] | None = None, motion: Motion | None = None
    ) -> None:
        """Follow the desktop, and colour the application; a theme and a text size that are `kept` do neither.

        Without `motion` nothing is chosen of that, and it is as the system has it.
        """
        super().__init__(parent)
        self.motion = motion or Motion(SettingsStore())
        self._is_kept = kept is not None
        if kept is not None:
            self._theme, self._scale = kept
            self._scheme = Qt.ColorScheme.Unknown
            return
        for path in sorted((resources_directory() / "fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(path))
        self._scale = 1.0
        self._scheme = Qt.ColorScheme.Unknown
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply)
        self._theme = LIGHT
        self._apply()

    @property
    def theme(self) -> Theme:
        """The colours in use."""
        return self._theme

    @property
    def is_dark(self) -> bool:
        """Whether the dark colours are in use."""
        return self._theme is DARK

    @property
    def scale(self) -> float:
        """Text size, 1 is normal."""
        return self._scale

    @property
    def scheme(self) -> Qt.ColorScheme:
        """Light or dark as it was chosen here; Unknown where the desktop decides."""
        return self._scheme

    def set_scheme(self, scheme: Qt.ColorScheme) -> None:
        """Set light, dark, or (Unknown) as the desktop has it."""
        self._scheme = scheme
        QGuiApplication.styleHints().setColorScheme(scheme)
        self._apply()

    def zoom(self, offset: int) -> None:
        """Make text larger or smaller; 0 is normal again."""
        index = SCALES.index(self._scale)
        self._scale = SCALES[max(0, min(index + offset, len(SCALES) - 1))] if offset else 1.0
        self._apply()

    def set_scale(self, scale: float) -> None:
        """Set text to one of the sizes that there are; any other is left alone."""
        if scale in SCALES and scale != self._scale:
            self._scale = scale
            self._apply()

    def keep(self, theme: Theme, scale: float) -> None:
        """Keep another theme and text size, where these are kept."""
        if self._is_kept and (theme, scale) != (self._theme, self._scale):
            self._theme, self._scale = theme, scale
            self.changed.emit()

    def size(self, pixels: float) -> int:
        """Return a length in pixels at the chosen text size."""
        return round(pixels * self._scale)

    def font(self, pixels: float = BASE_SIZE, *, bold: bool = False, mono: bool = False, italic: bool = False) -> QFont:
        """Return a font at the chosen text size."""
        return QFont(_font(max(8, self.size(pixels)), bold, mono, italic))

    def _apply(self) -> None:
        if self._is_kept:
            return
        # Not every platform takes a scheme from the program: what was chosen here holds in any case.
        desktop = QGuiApplication.styleHints().colorScheme()
        scheme = desktop if self._scheme == Qt.ColorScheme.Unknown else self._scheme
        self._theme = DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        QApplication.setPalette(palette_of(self._theme))
        QApplication.setFont(self.font())
        self.changed.emit()


@lru_cache(maxsize=256)
def _font(pixels: int, bold: bool, mono: bool, italic: bool) -> QFont:
    font = QFont(MONO if mono else SANS)
    font.setPixelSize(pixels)
    font.setBold(bold)
    font.setItalic(italic)
    return font


def palette_of(theme: Theme) -> QPalette:
    """Return the colours that Qt's own parts of widgets have in a theme."""
    role, palette = QPalette.ColorRole, QPalette()
    colors = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.field,
        role.Text: theme.text,
        role.PlaceholderText: theme.muted,
        role.Button: theme.field,
        role.ButtonText: theme.text,
        role.ToolTipBase: theme.surface,
        role.ToolTipText: theme.text,
        role.Highlight: theme.link,
        role.HighlightedText: theme.surface,
        role.Link: theme.link,
        role.Mid: theme.border,
    }
    for name, color in colors.items():
        palette.setColor(name, QColor(color))
    for name in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(theme.dimmed))
    return palette
