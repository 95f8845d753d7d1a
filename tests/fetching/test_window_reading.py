"""Paging against a source whose rows move while they are read."""

from collections.abc import Callable
from datetime import date

import pytest

from usage.gateway.objects import Page
from usage.records.window_reading import DataChangedError, PageRequest, WindowReader, WindowRows

PAGE_SIZE = 4


class Source:
    """A usage object in memory that answers pages as the gateway does, ordered by time and record number.

    `before_page` holds functions run before the n-th page (from 1); every page request adds a row of its own.
    """

    def __init__(self, seconds: list[int]) -> None:
        self.rows = {str(number): self.row(str(number), second) for number, second in enumerate(seconds, start=1)}
        self.before_page: dict[int, Callable[[], object]] = {}
        self.pages = 0
        self.sent: set[str] = set()

    @staticmethod
    def row(number: str, second: int, control_id: str = "") -> dict[str, str | None]:
        time = f"02/10/2026 10:{second // 60:02}:{second % 60:02}"
        return {
            "RECORDNO": number,
            "CREATED_DATE": "02/10/2026",
            "CREATED_TIME": time,
            "N_TRANS": "1",
            "CONTROLID": control_id,
        }

    def read_page(self, request: PageRequest) -> Page:
        self.pages += 1
        self.before_page.get(self.pages, lambda: None)()
        control_id = f"own-{self.pages}"
        self.sent.add(control_id)
        page = self._page(request)
        self.rows[f"own{self.pages}"] = self.row(f"own{self.pages}", 3000 + self.pages, control_id)
        return page

    def _page(self, request: PageRequest) -> Page:
        since = request.since_time[11:] if request.since_time else ""
        ordered = sorted(
            self.rows.values(), key=lambda row: (row["CREATED_TIME"], len(row["RECORDNO"]), row["RECORDNO"])
        )
        chosen = [row for row in ordered if row["CREATED_TIME"][11:] >= since]
        part = chosen[request.offset : request.offset + PAGE_SIZE]
        remaining = max(0, len(chosen) - request.offset - len(part))
        return Page(part, len(chosen), request.offset, len(part), remaining)

    def read(self, *, has_time: bool = True) -> WindowRows:
        reader = WindowReader(
            self.read_page, since_day=date(2026, 2, 10), has_time=has_time, sent_control_ids=lambda: self.sent
        )
        return reader.read()


def numbers(window: WindowRows) -> list[str]:
    return [row.record_no for row in window.rows]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 9, 30])
@pytest.mark.parametrize("has_time", [True, False])
def test_every_row_of_the_window_is_read_once(count: int, has_time: bool) -> None:
    source = Source(list(range(count)))

    window = source.read(has_time=has_time)

    assert numbers(window) == [str(number) for number in range(1, count + 1)]
    assert (window.expected, window.reads) == (count, 1)


def test_one_page_is_one_request() -> None:
    source = Source(list(range(PAGE_SIZE)))

    source.read()

    assert source.pages == 1


@pytest.mark.parametrize("second", [0, 7])
def test_a_second_with_more_rows_than_a_page_holds_is_read_whole(second: int) -> None:
    source = Source([0, 1] + [second] * 15 + [20, 21])

    window = source.read()

    assert sorted(numbers(window), key=int) == [str(number) for number in range(1, 20)]


def test_rows_added_at_the_end_while_reading_wait_for_the_next_fetch() -> None:
    source = Source(list(range(10)))
    source.before_page[2] = lambda: source.rows.update(late=source.row("late", 2000))

    window = source.read()

    assert (len(window.rows), "late" in window.record_numbers) == (10, False)


def test_rows_that_expire_at_the_beginning_while_reading_do_no_harm() -> None:
    source = Source(list(range(10)))
    source.before_page[2] = lambda: source.rows.pop("1")

    window = source.read()

    assert (window.reads, len(window.rows)) == (1, 10)


@pytest.mark.parametrize("has_time", [True, False])
def test_a_row_deleted_in_the_middle_starts_the_window_again(has_time: bool) -> None:
    source = Source(list(range(10)))
    source.before_page[2] = lambda: source.rows.pop("8")

    window = source.read(has_time=has_time)

    assert window.reads == 2
    assert [number for number in numbers(window) if number.isdigit()] == ["1", "2", "3", "4", "5", "6", "7", "9", "10"]


def test_a_row_redated_out_of_the_unread_part_starts_the_window_again() -> None:
    source = Source(list(range(10)))
    source.before_page[2] = lambda: source.rows.update({"9": source.row("9", 0)})

    window = source.read()

    assert window.reads == 2
    assert {str(number) for number in range(1, 11)} <= window.record_numbers


def test_a_window_that_keeps_changing_is_given_up_after_three_reads() -> None:
    source = Source(list(range(30)))
    for page in range(2, 40, 2):
        source.before_page[page] = lambda: source.rows.pop(max(filter(str.isdigit, source.rows), key=int))

    with pytest.raises(DataChangedError, match="changed while it was read, three times in a row"):
        source.read()


def test_a_clock_that_runs_backwards_is_read_by_offset_in_the_end() -> None:
    source = Source(list(range(12)))
    by_record = source._page

    def autumn(request: PageRequest) -> Page:
        page = by_record(request)
        if request.since_time:  # the repeated hour: the filter means the second one, rows of the first are missing
            return Page(page.rows[2:], page.total_count - 2, page.offset, len(page.rows) - 2, page.remaining)
        return page

    source._page = autumn

    window = source.read()

    assert (window.reads, len(window.rows) >= 12) == (3, True)


def test_a_gateway_that_counts_a_request_in_its_own_answer_is_no_drift() -> None:
    source = Source(list(range(9)))
    plain = source._page

    def self_counting(request: PageRequest) -> Page:
        source.rows[f"own{source.pages}"] = source.row(f"own{source.pages}", 3000 + source.pages, f"own-{source.pages}")
        return plain(request)

    source._page = self_counting

    window = source.read()

    assert (window.reads <= 2, len(window.rows) >= 10) == (True, True)
