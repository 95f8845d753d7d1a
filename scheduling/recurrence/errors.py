"""The one error of this package."""


class RecurrenceError(ValueError):
    """A schedule's timing cannot be used; `message` is a full sentence that says what to write instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
