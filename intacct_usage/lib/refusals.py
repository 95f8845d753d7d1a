"""Answers a view gives by raising: each becomes a plain error page with a reference number."""

from django.core.exceptions import BadRequest


class TooManyRequestsError(Exception):
    """Shown as 429; the text tells what was counted, `retry_after_seconds` when to come back."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class NotUnderstoodError(BadRequest):
    """An address or a form that a page cannot read; shown as 400 with its text, which must be fit to show."""
