"""Every text can be read: the contrast of each colour of a text on all that it can lie on, in both themes."""

from __future__ import annotations

import pytest

from chainrule.ui.style.appearance import DARK, LIGHT, PHASES, TEXTS, Theme

FOR_TEXT, FOR_LINES = 4.5, 3.0
# What lines and marks are drawn in, on what they are drawn on.
LINES = ("dimmed", "muted", "link", "read_border", "by_hand", "error", "positive", "negative", *PHASES)
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(color: str) -> float:
    """The relative luminance of `#rrggbb`; as WCAG 2 defines it."""
    parts = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours; as WCAG 2 defines it."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@THEMES
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_can_be_read_on_every_ground(theme: Theme, text: str) -> None:
    found = {name: contrast(getattr(theme, text), ground.name()) for name, ground in theme.grounds().items()}
    assert {name: ratio for name, ratio in found.items() if ratio < FOR_TEXT} == {}


@THEMES
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_stands_back_can_be_read(theme: Theme, text: str) -> None:
    dimmed = theme.dim(getattr(theme, text)).name()
    assert min(contrast(dimmed, ground) for ground in (theme.surface, theme.field)) >= FOR_TEXT


@THEMES
@pytest.mark.parametrize("hue", ["link", *PHASES])
def test_the_surface_s_colour_can_be_read_on_a_button_of_a_strong_hue(theme: Theme, hue: str) -> None:
    assert contrast(theme.surface, getattr(theme, hue)) >= FOR_TEXT


@THEMES
@pytest.mark.parametrize("line", LINES)
def test_lines_and_marks_are_seen(theme: Theme, line: str) -> None:
    found = {name: contrast(getattr(theme, line), getattr(theme, name)) for name in ("surface", "window", "field")}
    assert {name: ratio for name, ratio in found.items() if ratio < FOR_LINES} == {}
