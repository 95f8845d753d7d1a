"""Whole numbers out of texts from outside, which may hold digits of other scripts, or more of them than a column."""

from typing import Final

LARGEST: Final = 2**63 - 1
"""What the largest integer column of either database holds; SQLite raises on more, Python on 4,300 digits."""


def typed_number(text: str) -> int | None:
    """The number from 0 to LARGEST that the text writes in plain digits, else None."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST))):
        return None
    number = int(text)
    return number if number <= LARGEST else None
