"""Pages by key: a page begins after the last row of the one before, however many rows came in between."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema
from pydantic import StringConstraints

Row = TypeVar("Row")
MOST_ROWS = 500

Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""What a parameter may hold; control characters are in no name, and PostgreSQL refuses some of them."""


class PageQuery(Schema):
    limit: int = Field(100, ge=1, le=MOST_ROWS, description="Rows of one page at most.")
    after: Text = Field("", description="`next` of the page before; empty for the first page.")


class Page(Schema, Generic[Row]):
    items: list[Row]
    next: str | None = Field(None, description="Pass it as `after` for the next page; null on the last page.")


class CursorError(Exception):
    """`after` is not what a page gave."""

    message = "“after” must be the “next” of a page before, unchanged."


def cursor(*parts: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def id_after(query: PageQuery) -> int | None:
    """The ID that the page begins after; None for the first page. Raises CursorError."""
    parts = _parts(query.after, 1)
    return _whole(parts[0]) if parts else None


def company_day_after(query: PageQuery) -> tuple[int, date] | None:
    """The company and day that the page begins after; None for the first page. Raises CursorError."""
    parts = _parts(query.after, 2)
    if not parts:
        return None
    try:
        return _whole(parts[0]), date.fromisoformat(str(parts[1]))
    except ValueError:
        raise CursorError from None


def cut(rows: Iterable[Row], limit: int, key: Callable[[Row], str]) -> tuple[list[Row], str | None]:
    """The rows of this page and the cursor of the next; `rows` holds one more than `limit` if there is a next page."""
    found = list(rows)
    page = found[:limit]
    return page, key(page[-1]) if len(found) > limit else None


def _parts(text: str, count: int) -> list[object]:
    if not text:
        return []
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise CursorError from None
    if not isinstance(parts, list) or len(parts) != count:
        raise CursorError
    return parts


def _whole(value: object) -> int:
    if type(value) is not int or not 0 < value < 2**63:
        raise CursorError
    return value
