"""Days read before they were over everywhere are settled by the fetches that follow, at whatever hour those come."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories import make_company
from tests.fetching.test_window_store import content, make_claim, row
from usage.models import Company, CompanyDay, FetchRun
from usage.periods import ALL_DATA
from usage.records.data_check import days_without_gaps
from usage.records.usage_rows import StoredRow
from usage.records.window_store import store_window
from usage.reports import ReportScope
from usage.reports.coverage import coverage

FIRST = date(2026, 2, 9)
ONE_DAY = timedelta(days=1)
EVERYTHING = ReportScope(None, ALL_DATA)


def fetch(
    company: Company, now: datetime, rows: list[StoredRow], *, full: bool = False, newest: date | None = None
) -> None:
    mode = FetchRun.Mode.FULL_REFRESH if full else FetchRun.Mode.INCREMENTAL
    store_window(make_claim(company, mode), content(rows, newest, full=full, keep=full, now=now), now=now)
    FetchRun.objects.update(status=FetchRun.Status.SUCCESS)


def states(company: Company, since: date = FIRST) -> dict[date, str]:
    return dict(CompanyDay.objects.filter(company=company, day__gte=since).values_list("day", "state"))


@pytest.mark.parametrize("hour", [0, 3, 11, 13, 23])
def test_a_fetch_each_day_leaves_only_the_running_day_open_and_the_coverage_moves_along(db, hour: int) -> None:
    company, complete = make_company("acme"), []
    for number in range(8):
        day = FIRST + number * ONE_DAY
        rows = [row(str(number), day)] if number % 3 != 2 else []  # some days have no records at all
        before = CompanyDay.objects.filter(records__gt=0).order_by("-day").values_list("day", flat=True).first()
        again = [row(str((before - FIRST).days), before)] if before and before < day else []
        now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        fetch(company, now, [*again, *rows], newest=before)
        complete.append(coverage(EVERYTHING).day)

    last = FIRST + 7 * ONE_DAY
    assert {day for day, state in states(company).items() if state == "provisional"} <= {last - ONE_DAY, last}
    assert complete == [FIRST + (number - (2 if hour < 12 else 1)) * ONE_DAY for number in range(8)]
    assert list(days_without_gaps()) == []


def test_a_day_without_records_between_two_with_some_is_over_and_empty(db) -> None:
    company = make_company("acme")
    fetch(company, datetime(2026, 2, 9, 3, tzinfo=UTC), [row("1", date(2026, 2, 7))])
    assert states(company, date(2026, 2, 7)) == {
        date(2026, 2, 7): "fetched",
        date(2026, 2, 8): "provisional",
        date(2026, 2, 9): "provisional",
    }

    now = datetime(2026, 2, 10, 3, tzinfo=UTC)
    fetch(company, now, [row("1", date(2026, 2, 7)), row("2", date(2026, 2, 10))], newest=date(2026, 2, 7))

    assert states(company, date(2026, 2, 8)) == {
        date(2026, 2, 8): "empty",
        date(2026, 2, 9): "empty",
        date(2026, 2, 10): "provisional",
    }


def test_days_that_an_earlier_version_left_open_are_settled_by_the_next_fetch(db) -> None:
    company = make_company("acme", last_success_at="2026-02-12T03:00Z")
    fetch(company, datetime(2026, 2, 12, 3, tzinfo=UTC), [row("1", FIRST), row("2", date(2026, 2, 12))])
    CompanyDay.objects.filter(day__in=[FIRST, FIRST + ONE_DAY]).update(state="provisional")
    assert sorted(finding.message for finding in days_without_gaps()) == [
        f"{day} is marked as not over, and the next fetch starts on 2026-02-12" for day in (FIRST, FIRST + ONE_DAY)
    ]

    fetch(company, datetime(2026, 2, 13, 3, tzinfo=UTC), [row("2", date(2026, 2, 12))], newest=date(2026, 2, 12))

    assert [states(company)[day] for day in (FIRST, FIRST + ONE_DAY)] == ["fetched", "empty"]
    assert list(days_without_gaps()) == []


def test_a_full_refresh_that_keeps_history_loses_no_day_that_was_read(db) -> None:
    company = make_company("acme")
    fetch(company, datetime(2026, 2, 10, 3, tzinfo=UTC), [row("1", FIRST)])

    later = datetime(2026, 6, 1, 13, tzinfo=UTC)
    fetch(company, later, [row("9", date(2026, 5, 30))], full=True)

    assert states(company)[FIRST] == "fetched"
    assert coverage(EVERYTHING).incomplete == ("acme",)  # the days that Intacct dropped before anybody read them


def test_a_record_dated_in_the_future_settles_nothing(db) -> None:
    company = make_company("acme")

    fetch(company, datetime(2026, 2, 10, 3, tzinfo=UTC), [row("1", FIRST), row("2", date(2026, 3, 1))])

    assert states(company)[date(2026, 2, 10)] == "provisional"
