"""Reads all rows of one window, or none: the paging that neither loses nor doubles a row while Intacct's data moves.

Two things move in every read. Each of our own page requests becomes a new usage row, so the window grows at its end;
and rows at the 60-day edge expire at its beginning. Both are normal. What counts is fixed by the first page: its
`totalcount` rows, in ascending order of time, are the window; rows that come after them belong to the next fetch,
which starts at the newest stored day.

Pages are taken by key: the next page asks from the last seen CREATED_TIME on, inclusive, and rows seen already are
dropped. A window whose middle changes (rows deleted, inserted or re-dated) is recognised by its remaining count or by
a row of our own later requests appearing inside it, and is read again, at most three times; the last of them by offset
with one row of overlap, which also serves objects without CREATED_TIME and clocks that run backwards in autumn.
Pure: no database, no clock.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from usage.gateway.objects import MAX_PAGE_SIZE, Page
from usage.records.row_spool import RowSpool
from usage.records.usage_rows import StoredRow, StoredRowSpool, read_rows

MAX_READS = 3
MAX_PAGES = 50_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`since_day` and `since_time` (Intacct's clock, YYYY-MM-DD HH:MM:SS) are inclusive lower ends."""

    since_day: date | None
    since_time: str | None
    offset: int
    page_size: int


class WindowDriftError(Exception):
    """Rows inside the window changed during this read."""


class DataChangedError(Exception):
    """The window changed during each of the reads; nothing of it may be stored."""

    message = (
        "Intacct's usage data changed while it was read, three times in a row. The stored records were kept; "
        "the next run reads the window again."
    )

    def __init__(self) -> None:
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class WindowRows:
    """A completely read window. `expected` is the first page's totalcount and equals the number of rows."""

    expected: int
    rows: RowSpool[StoredRow]
    record_numbers: frozenset[str]
    reads: int


class WindowReader:
    """Reads one window through `read_page`.

    `sent_control_ids` returns every control ID this reader's own requests have carried so far. `has_time` says whether
    the company's usage object has CREATED_TIME.
    """

    def __init__(
        self,
        read_page: Callable[[PageRequest], Page],
        *,
        since_day: date | None,
        has_time: bool,
        sent_control_ids: Callable[[], Collection[str]],
        page_size: int = MAX_PAGE_SIZE,
    ) -> None:
        self._read_page = read_page
        self._since_day = since_day
        self._has_time = has_time
        self._sent_control_ids = sent_control_ids
        self._page_size = page_size

    def read(self) -> WindowRows:
        """The caller closes the rows. Raises DataChangedError, RowFormatError and whatever `read_page` raises."""
        for attempt in range(1, MAX_READS + 1):
            by_time = self._has_time and attempt < MAX_READS
            one_read = _OneRead(self, by_time=by_time)
            try:
                return one_read.run(attempt)
            except WindowDriftError:
                one_read.rows.close()
            except BaseException:
                one_read.rows.close()
                raise
        raise DataChangedError


class _OneRead:
    """The state of one pass over the window."""

    def __init__(self, reader: WindowReader, *, by_time: bool) -> None:
        self._reader = reader
        self._by_time = by_time
        self.rows: RowSpool[StoredRow] = StoredRowSpool()
        self._seen: set[str] = set()
        self._expected = 0
        self._last: StoredRow | None = None
        self._seen_at_last_time = 0
        self._row_control_ids: set[str] = set()

    def run(self, attempt: int) -> WindowRows:
        sent_before = frozenset(self._reader._sent_control_ids())
        request = self._request(None, 0)
        page = self._reader._read_page(request)
        sent_with_first = frozenset(self._reader._sent_control_ids())
        self._expected = page.total_count
        self._take(page)
        if attempt > 1 or self._row_control_ids & (sent_with_first - sent_before):
            sent_before = sent_with_first  # this gateway may count a request within its own answer
        for _ in range(MAX_PAGES):
            if len(self._seen) >= self._expected:
                break
            request = self._next_request(request, page)
            page = self._reader._read_page(request)
            self._check_remaining(request, page)
            self._take(page)
        self._check_complete(frozenset(self._reader._sent_control_ids()) - sent_before)
        return WindowRows(self._expected, self.rows, frozenset(self._seen), attempt)

    def _take(self, page: Page) -> None:
        """Keep the rows that are new and inside the window."""
        rows = [row for row in read_rows(page.rows) if row.record_no not in self._seen]
        if len({row.record_no for row in rows}) != len(rows):  # a page that repeats a row of its own
            first = dict(zip(reversed([row.record_no for row in rows]), reversed(rows), strict=True))
            rows = [row for row in rows if first[row.record_no] is row]
        rows = rows[: self._expected - len(self._seen)]
        if rows:
            self._keep(rows)
        elif len(self._seen) < self._expected and page.remaining == 0:
            raise WindowDriftError

    def _keep(self, rows: list[StoredRow]) -> None:
        last_time = rows[-1].created_time
        at_last_time = sum(1 for _ in takewhile(lambda row: row.created_time == last_time, reversed(rows)))
        goes_on = at_last_time == len(rows) and self._last is not None and self._last.created_time == last_time
        self._seen_at_last_time = at_last_time + (self._seen_at_last_time if goes_on else 0)
        self._seen.update(row.record_no for row in rows)
        self._row_control_ids.update(row.control_id for row in rows)
        self._row_control_ids.update(row.document_control_id for row in rows)
        self._last = rows[-1]
        self.rows.extend(rows)

    def _next_request(self, previous: PageRequest, page: Page) -> PageRequest:
        last_time = self._last.created_time if self._last else None
        if not page.rows or page.remaining <= 0:
            raise WindowDriftError  # the first page promised more rows than there are now
        if not self._by_time or last_time is None:
            return self._request(None, previous.offset + len(page.rows) - 1)
        if previous.since_time == last_time:  # one second with more rows than a page holds
            return self._request(last_time, previous.offset + len(page.rows))
        return self._request(last_time, 0)

    def _request(self, since_time: str | None, offset: int) -> PageRequest:
        return PageRequest(self._reader._since_day, since_time, offset, self._reader._page_size)

    def _check_remaining(self, request: PageRequest, page: Page) -> None:
        """Rows can only have been added at the end since the first page; fewer than that means the middle moved."""
        if request.since_time is None:
            first = page.rows[0].get("RECORDNO") if page.rows else None
            overlaps = self._last is not None and first == self._last.record_no
            if not overlaps or page.total_count < self._expected:
                raise WindowDriftError
            return
        before_this_time = len(self._seen) - self._seen_at_last_time
        if page.total_count < self._expected - before_this_time:
            raise WindowDriftError

    def _check_complete(self, sent_during_read: frozenset[str]) -> None:
        if len(self._seen) != self._expected:
            raise WindowDriftError
        if self._row_control_ids & sent_during_read:
            raise WindowDriftError  # a row of our own later request filled the place of one that vanished
