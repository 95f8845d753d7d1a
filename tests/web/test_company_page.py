"""The page of one company: its months, days, partners, functions, errors and fetches."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from intacct_usage.lib import clock
from tests.factories import make_company, make_failing_company, make_records, make_signature
from tests.web.conftest import ClientAs
from usage.analysis.charts import monthly_usage_of
from usage.analysis.company_usage import coverage_map, functions_of, latest_months, partners_of
from usage.models import Company, CompanyDay, CompanyFetch, FetchRun
from usage.reports.totals import Totals

TODAY = date(2026, 3, 4)  # a Wednesday


def test_an_unknown_company_is_not_found(client_as: ClientAs) -> None:
    assert client_as("Viewer").get("/companies/4711/").status_code == 404


@pytest.mark.parametrize("field", ["skipped_at", "removed_at"])
def test_the_history_of_a_company_that_left_stays_visible(client_as: ClientAs, field: str) -> None:
    company = make_company("gone", **{field: datetime(2026, 1, 1, tzinfo=UTC)})
    make_records(company, date(2026, 1, 1), 2, transactions=21)

    page = client_as("Viewer").get(f"/companies/{company.pk}/").content.decode()

    assert "42" in page
    assert ("Skipped" if field == "skipped_at" else "Removed from the list") in page


def test_a_failing_company_says_what_to_do(client_as: ClientAs) -> None:
    company = make_failing_company("broken")

    page = client_as("Viewer").get(f"/companies/{company.pk}/").content.decode()

    assert "User sign-in refused." in page
    assert "Sign-in information is incorrect." in page
    assert "Ask the administrator of that company to check that the Web Services user exists" in page


def test_fields_that_intacct_refuses_are_named_with_their_date(client_as: ClientAs) -> None:
    since, asked = datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 2, 9, 9, tzinfo=UTC)
    refused = {"unreadable_fields": ["LOGINID", "POLICYID"], "unreadable_since": since, "fields_refused_at": asked}
    company, other = make_company(**refused), make_company()
    client = client_as("Viewer")

    page = client.get(f"/companies/{company.pk}/").content.decode()

    (facts,) = re.findall(r"<dt>Fields not readable</dt>.*", page)
    told = re.sub("<[^>]+>", "", facts)
    assert told.startswith("Fields not readableLOGINID, POLICYID since 5 Jan 2026")
    assert "asked for again a week after 9 Feb 2026" in told
    assert "Fields not readable" not in client.get(f"/companies/{other.pk}/").content.decode()


def test_months_partners_and_functions_add_up(db) -> None:
    company = make_company()
    make_records(company, date(2026, 2, 3), 2, signature=make_signature("acme", function="create"), transactions=5)
    make_records(company, date(2026, 3, 3), 1, signature=make_signature("zeta", function="query"), transactions=50)
    make_records(make_company(), date(2026, 3, 3), 9)

    assert [(str(row.month), row.totals) for row in monthly_usage_of(company, TODAY).months] == [
        ("2026-02-01", Totals(2, 10)),
        ("2026-03-01", Totals(1, 50)),
    ]
    assert [(row.sender_id, row.totals) for row in partners_of(company)] == [
        ("zeta", Totals(1, 50)),
        ("acme", Totals(2, 10)),
    ]
    assert [(row.function, row.sender_id) for row in functions_of(company, TODAY)] == [
        ("query", "zeta"),
        ("create", "acme"),
    ]


@time_machine.travel(datetime(2026, 4, 15, 12, tzinfo=UTC), tick=False)
def test_the_chart_has_every_month_and_says_why_one_has_no_usage(client_as: ClientAs) -> None:
    company = make_company()
    make_records(company, date(2026, 1, 10), 2, transactions=5)
    CompanyDay.objects.create(company=company, day=date(2026, 2, 3), state="empty")
    make_records(company, date(2026, 4, 1), 1)
    CompanyDay.objects.create(company=make_company(), day=date(2026, 3, 3), state="empty")

    response = client_as("Viewer").get(f"/companies/{company.pk}/")

    chart = response.context["chart"]
    assert chart["labels"] == ["Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026"]
    assert chart["states"] == ["part of the month", "", "not fetched", "to date"]
    assert (chart["totals"], chart["unfinished"]) == ([10, 0, None, 1], [False, False, False, True])
    table = re.findall(r"<tr><th scope=\"row\">(\w{3} 2026.*?)</tr>", response.content.decode())
    assert [re.sub("<[^>]+>", " ", row).split() for row in table] == [
        ["Jan", "2026", "part", "of", "the", "month", "2", "10"],
        ["Feb", "2026", "0", "0"],
        ["Mar", "2026", "not", "fetched", "–", "none", "–", "none"],
        ["Apr", "2026", "to", "date", "1", "1"],
    ]


def test_the_chart_shows_two_years_and_what_is_dated_later(db) -> None:
    company = make_company()
    for day in (date(2024, 3, 31), date(2024, 4, 1), date(2026, 3, 1), date(2030, 1, 1)):
        make_records(company, day, 1)

    latest = latest_months(monthly_usage_of(company, TODAY), TODAY)

    assert (len(latest.months), latest.months[0].month, latest.months[-1].month, latest.totals) == (
        24 + 1,
        date(2024, 4, 1),
        date(2030, 1, 1),
        Totals(3, 3),
    )


def test_functions_are_those_of_the_last_thirty_days(db) -> None:
    company = make_company()
    make_records(company, TODAY - timedelta(days=29), 1)
    make_records(company, TODAY - timedelta(days=30), 1, signature=make_signature(function="old"))

    assert [row.function for row in functions_of(company, TODAY)] == ["readByQuery"]


def test_each_day_has_its_state_and_days_to_come_have_none(db) -> None:
    company = make_company()
    states = CompanyDay.State
    for day, state in ((2, states.FETCHED), (3, states.FAILED), (4, states.PROVISIONAL)):
        CompanyDay.objects.create(company=company, day=date(2026, 3, day), state=state, records=day)
    CompanyDay.objects.create(company=company, day=date(2025, 11, 1), state=states.LOST)

    coverage = coverage_map(company, TODAY)

    this_week = {name: cells[-1].state for name, cells in coverage.rows}
    assert this_week == {
        "Mon": "fetched", "Tue": "failed", "Wed": "provisional", "Thu": None, "Fri": None, "Sat": None, "Sun": None,
    }  # fmt: skip
    assert (coverage.weeks[0], coverage.weeks[-1]) == (date(2025, 12, 1), date(2026, 3, 2))
    assert (coverage.counts["lost"], coverage.counts[""]) == (0, 13 * 7)


@time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=UTC), tick=False)
def test_the_page_tells_days_apart_in_words(client_as: ClientAs) -> None:
    company = make_company()
    for number, state in enumerate(CompanyDay.State.values, 1):
        CompanyDay.objects.create(company=company, day=date(2026, 2, number), state=state)

    page = client_as("Viewer").get(f"/companies/{company.pk}/").content.decode()

    words = ("0 records", "confirmed empty", "not over yet", "fetch failed", "lost, Intacct no longer keeps it")
    assert [one for one in words if f"Feb 2026: {one}" not in page] == []


def test_the_number_of_queries_does_not_grow(client_as: ClientAs) -> None:
    client, few, many = client_as("Viewer"), make_company("few"), make_company("many")
    fill(few, 1)
    fill(many, 50)

    assert queries_of(client, many) <= queries_of(client, few) <= 15


def fill(company: Company, count: int) -> None:
    for number in range(count):
        signature = make_signature(f"s{number}", function=f"f{number}")
        make_records(company, date(2026, 1 + number % 12, 1 + number % 28), 1, signature=signature)
        run = FetchRun.objects.create(asked_by="ada", status="success")
        CompanyFetch.objects.create(run=run, company=company, status="done")


def queries_of(client: "object", company: Company) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/companies/{company.pk}/").status_code == 200
    return len(queries)


@pytest.mark.parametrize(("hours", "skipped", "marked"), [(35, False, False), (37, False, True), (37, True, False)])
def test_old_data_of_a_queried_company_is_marked(client_as: ClientAs, hours: int, skipped: bool, marked: bool) -> None:
    moment = clock.now()
    company = make_company(last_success_at=moment - timedelta(hours=hours), skipped_at=moment if skipped else None)

    page = client_as("Viewer").get(f"/companies/{company.pk}/").content.decode()

    assert "Data as of" in page
    assert ("More than 36 hours old" in page) is marked


@pytest.mark.parametrize(
    ("status", "window_start", "shown"),
    [
        ("done", None, "everything"),
        ("done", date(2026, 2, 10), "10 Feb 2026"),
        ("failed", None, "none"),
        ("stopped", None, "none"),
        ("pending", None, "none"),
    ],
)
def test_only_a_fetch_that_was_done_says_from_where(
    client_as: ClientAs, status: str, window_start: date | None, shown: str
) -> None:
    company = make_company(pk=1)
    run = FetchRun.objects.create(asked_by="ada")
    CompanyFetch.objects.create(run=run, company=company, status=status, window_start=window_start)

    page = client_as("Viewer").get("/companies/1/").content.decode()

    row = page.partition("What each run did with this company")[2].partition("</table>")[0]
    from_cell = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[2]
    assert re.sub(r"<[^>]+>", "", from_cell).lstrip("–") == shown
