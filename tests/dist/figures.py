"""What tests measure and report, and hold to nothing: the machine decides."""

from __future__ import annotations

FIGURES = {
    "version_s": "`chainrule --version`, seconds, the fastest of 5",
    "window_s": "from the command to the first painted window, seconds, the fastest of 3",
    "first_step_s": "from the command to the first computed step, its key pressed before, seconds, the fastest of 3",
    "unpacked_mb": "unpacked, MB",
    "archive_mb": "archive, MB",
}
