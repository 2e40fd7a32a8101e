"""What tests of the texts share."""

from __future__ import annotations

import pytest
from scripts.strings import Text, texts


@pytest.fixture(scope="session")
def found() -> tuple[Text, ...]:
    """All texts that there are to translate, collected once."""
    return tuple(text for text in texts() if text.text)
