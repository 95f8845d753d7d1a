"""One line of progress on a terminal; nothing at all where the output is a file or a pipe."""

import time
from typing import TextIO

BAR_CELLS = 24
CLEAR_LINE = "\r\x1b[K"
"""Takes away what stands in the line of the cursor."""


class ProgressLine:
    """Redraws `label  ███░░░  done/total  detail` at most five times a second."""

    def __init__(self, stream: TextIO, label: str) -> None:
        self._stream = stream
        self._label = label
        self._shown = stream.isatty()
        self._started = time.monotonic()
        self._drawn_at = 0.0

    def show(self, done: int, total: int, detail: str = "") -> None:
        now = time.monotonic()
        if not self._shown or (now - self._drawn_at < 0.2 and done < total):
            return
        self._drawn_at = now
        filled = BAR_CELLS * done // total if total else BAR_CELLS
        bar = "█" * filled + "░" * (BAR_CELLS - filled)
        self._stream.write(f"{CLEAR_LINE}{self._label} {bar} {done}/{total} {self._left(done, total)} {detail}")
        self._stream.flush()

    def close(self) -> None:
        """Remove the line, so that what follows starts clean."""
        if self._shown:
            self._stream.write(CLEAR_LINE)
            self._stream.flush()

    def _left(self, done: int, total: int) -> str:
        if not 0 < done < total:
            return ""
        seconds = round((time.monotonic() - self._started) * (total - done) / done)
        return f"about {seconds // 60} min {seconds % 60} s left"
