"""Numbers as they are written: on the screen, in a terminal, in LaTeX. All rounding is done here."""

from __future__ import annotations

import math
from collections.abc import Iterator

# A float64 has at most 17 significant digits: asking for so many asks for the number as it is.
FULL_PRECISION = 17
LARGEST_FIXED = 1e6
LEAST_SIGNIFICANT = 3
# Half a unit in the last place of float32, doubled: 0.1 in float32 is still written 0.1.
_SAME = 1e-7
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def format_number(x: float, digits: int | None = 4) -> str:
    """Text for the screen: `−4.9300`, `4.386·10⁻⁴`, `∞`, `NaN`; `digits` None or 17 is full precision."""
    return _text(x, digits, short=False)


def format_short(x: float, digits: int | None = 4) -> str:
    """Like `format_number`, without the zeros that say nothing: `1`, `0.05`; for data and settings."""
    return _text(x, digits, short=True)


def shorter_forms(x: float, digits: int | None = 4) -> Iterator[str]:
    """Texts of a number, the wanted one first, then ever shorter ones, for a place that may be too small.

    Decimals go first, as long as three digits say something; then it is written with an exponent.
    """
    yield format_number(x, digits)
    if not math.isfinite(x) or x == 0:
        return
    leading = math.floor(math.log10(abs(x)))
    for fewer in range((digits or FULL_PRECISION) - 1, 0, -1):
        if abs(x) < LARGEST_FIXED and (leading >= 0 or fewer + leading + 1 >= LEAST_SIGNIFICANT):
            yield f"{x:.{fewer}f}".replace("-", "−")
    for decimals in (3, 2, 1, 0):
        mantissa, exponent = f"{x:.{decimals}e}".split("e")
        yield f"{mantissa}e{int(exponent)}".replace("-", "−")


def latex_number(x: float, digits: int | None = 4, *, short: bool = False) -> str:
    r"""LaTeX of a number: `-0.6550`, `4.386\times 10^{-4}`, `\infty`, `\mathrm{NaN}`."""
    if not math.isfinite(x):
        return r"\mathrm{NaN}" if math.isnan(x) else (r"\infty" if x > 0 else r"-\infty")
    mantissa, exponent = _written(x, digits, short)
    return mantissa if exponent is None else rf"{mantissa}\times 10^{{{exponent}}}"


def _text(x: float, digits: int | None, short: bool) -> str:
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("∞" if x > 0 else "−∞")
    mantissa, exponent = _written(x, digits, short)
    power = "" if exponent is None else f"·10{str(exponent).translate(_SUPERSCRIPTS)}"
    return mantissa.replace("-", "−") + power


def _written(x: float, digits: int | None, short: bool) -> tuple[str, int | None]:
    """Mantissa with an ASCII minus, and the power of ten if there is one, of a finite number."""
    x = float(x) or 0.0  # -0.0 is written as 0
    if digits is None or digits >= FULL_PRECISION:
        mantissa, _, exponent = repr(x).partition("e")
        mantissa = mantissa.removesuffix(".0") if short or exponent else mantissa
    else:
        mantissa, exponent = _rounded(x, digits, short)
    return mantissa, int(exponent) if exponent else None


def _rounded(x: float, digits: int, short: bool) -> tuple[str, str]:
    digits = max(digits, 1)
    fixed = f"{x:.{digits}f}"
    exact = short and _same(x, float(fixed))
    # With one digit too, 0.5 is written 0.5.
    tiny = abs(x) < 10.0 ** min(1 - digits, -1)
    if (x and tiny and not exact) or abs(x) >= LARGEST_FIXED:
        text = f"{x:.{digits - 1}e}"
        mantissa, _, exponent = text.partition("e")
        return (_bare(mantissa) if short and _same(x, float(text)) else mantissa), exponent
    return (_bare(fixed) if exact else fixed), ""


def _same(x: float, rounded: float) -> bool:
    return abs(x - rounded) <= _SAME * abs(x)


def _bare(decimals: str) -> str:
    return decimals.rstrip("0").rstrip(".") if "." in decimals else decimals
