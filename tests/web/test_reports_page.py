"""The Reports page: what the address asks for is what the page shows and what the downloads hold."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from intacct_usage.lib import clock
from tests.factories import make_company, make_failing_company, make_filter, make_records
from tests.web.conftest import ClientAs
from usage.models import Company

BAD_ADDRESSES = [
    "filter=nobody",
    "from=yesterday",
    "from=0000-01-01",
    "to=9999-99-99",
    "from=2026-02-02&to=2026-02-01",
    "preset=forever",
    "from=%00",
    "filter=%00",
    "to=1999-12-31",
    "complete_months=perhaps",
]


def make_usage() -> None:
    uk = make_filter("UK Companies", "UK_")
    make_records(make_company("UK_one", query_filter=uk), date(2026, 1, 10), 3, transactions=100)
    make_records(make_company("elsewhere"), date(2026, 2, 20), 2, transactions=7)


def lines_of(file: "object") -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))


def rows_shown(page: str) -> list[str]:
    return re.findall(r"<strong>([\d,]+)</strong> row", page)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", ["5", "2", "0"]),
        ("filter=UK+Companies", ["3", "1", "0"]),
        ("filter=Other", ["2", "1", "0"]),
        ("from=2026-02-20&to=2026-02-20", ["2", "2", "1"]),
        ("from=2026-02-21", ["0", "2", "2"]),
        ("to=2026-01-10&filter=UK+Companies", ["3", "1", "0"]),
    ],
)
def test_rows_are_counted_before_the_download_and_are_what_the_file_holds(
    client_as: ClientAs, query: str, rows: list[str]
) -> None:
    make_usage()
    client = client_as("Viewer")

    page = client.get(f"/reports/?{query}").content.decode()
    files = [client.get(f"/reports/download/{kind}.csv?{query}") for kind in ("detailed", "summary", "exceptions")]

    assert rows_shown(page) == rows
    counted = [
        len(list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))) for file in files
    ]
    assert [str(counted[0] - 1), str(counted[1] - 2), str(counted[2] - 1)] == rows


def test_downloads_carry_the_filter_and_range_of_the_page_only(client_as: ClientAs) -> None:
    make_usage()

    page = client_as("Viewer").get("/reports/?filter=Other&from=2026-02-01&view=line&measure=records").content.decode()

    assert 'href="/reports/download/detailed.csv?filter=Other&amp;from=2026-02-01"' in page


@time_machine.travel(datetime(2026, 2, 25, 12, tzinfo=UTC), tick=False)
def test_complete_months_leave_the_running_month_out(client_as: ClientAs) -> None:
    make_usage()
    client = client_as("Viewer")

    page = client.get("/reports/?complete_months=on").content.decode()
    file = client.get("/reports/download/detailed.csv?complete_months=1")

    assert rows_shown(page)[0] == "3"
    assert b"elsewhere" not in b"".join(file.streaming_content)


@pytest.mark.parametrize("word", ["", "0", "off", "No", "false"])
def test_complete_months_stay_off_where_the_address_says_so(client_as: ClientAs, word: str) -> None:
    """A script that writes 0 must not get less than it asked for."""
    client = client_as("Viewer")
    make_records(make_company(), clock.today(), 1, transactions=5)

    lines = lines_of(client.get(f"/reports/download/detailed.csv?complete_months={word}"))

    assert len(lines) == 2
    box = re.search(r"<input[^>]*complete_months[^>]*>", client.get(f"/reports/?complete_months={word}").text)
    assert "checked" not in box[0]


@pytest.mark.parametrize("query", ["from=2099-01-01", "from={today}&complete_months=1"])
def test_a_range_that_holds_no_days_yet_says_so_and_makes_nobody_an_exception(client_as: ClientAs, query: str) -> None:
    client = client_as("Viewer")
    make_records(make_company(health=Company.Health.HEALTHY), clock.today(), 1)
    query = query.format(today=clock.today().isoformat())

    page = client.get(f"/reports/?{query}").text

    assert "This range holds no days yet" in page
    assert len(lines_of(client.get(f"/reports/download/exceptions.csv?{query}"))) == 1
    assert "This range holds no days yet" not in client.get("/reports/").text


@time_machine.travel(datetime(2026, 2, 25, 12, tzinfo=UTC), tick=False)
def test_a_preset_is_a_range_and_days_win_over_it(client_as: ClientAs) -> None:
    make_usage()
    client = client_as("Viewer")

    last_month = client.get("/reports/?preset=last-month").content.decode()
    days = client.get("/reports/?preset=last-month&from=2026-02-01").content.decode()

    assert (rows_shown(last_month)[0], rows_shown(days)[0]) == ("3", "2")
    assert re.search(r'aria-current="true">Last month</a>', last_month)


@pytest.mark.parametrize("query", BAD_ADDRESSES)
def test_an_address_that_makes_no_sense_is_explained(client_as: ClientAs, query: str) -> None:
    client = client_as("Viewer")

    assert client.get(f"/reports/?{query}").status_code == 400
    assert client.get(f"/reports/download/detailed.csv?{query}").status_code == 400
    assert client.get(f"/reports/usage-by-month.csv?{query}").status_code == 400


@pytest.mark.parametrize("name", ["unknown.csv", "detailed.pdf", "detailed.CSV"])
def test_only_the_three_reports_in_two_formats_exist(client_as: ClientAs, name: str) -> None:
    assert client_as("Viewer").get(f"/reports/download/{name}").status_code == 404


def test_a_workbook_opens_and_leaves_no_file_behind(client_as: ClientAs, settings) -> None:
    make_usage()

    answer = client_as("Viewer").get("/reports/download/summary.xlsx")

    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == ["Summary", "About this report"]
    assert book["Summary"]["A2"].value == "elsewhere"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="intacct-usage-summary_')
    assert list((settings.DATA_DIR / "downloads").iterdir()) == []


def test_a_csv_is_sent_while_it_is_read(client_as: ClientAs) -> None:
    answer = client_as("Viewer").get("/reports/download/detailed.csv")

    assert answer.streaming
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('.csv"')


def chart_of(page: str) -> dict:
    return json.loads(re.search(r'<script id="usage-chart-data" type="application/json">(.*?)</script>', page).group(1))


@time_machine.travel(datetime(2026, 2, 25, 12, tzinfo=UTC), tick=False)
def test_chart_table_and_csv_hold_the_same_figures(client_as: ClientAs) -> None:
    make_usage()
    client = client_as("Viewer")

    page = client.get("/reports/").content.decode()
    file = client.get("/reports/usage-by-month.csv").content.decode("utf-8-sig")

    chart = chart_of(page)
    assert (chart["labels"], chart["totals"], chart["unfinished"]) == (
        ["Jan 2026", "Feb 2026"],
        [300, 14],
        [False, True],
    )
    assert [(one["name"], one["values"]) for one in chart["series"]] == [("UK Companies", [300, 0]), ("Other", [0, 14])]
    assert list(csv.reader(io.StringIO(file)))[1:] == [
        ["2026-01", "part of the month", "300", "3", "300", "3", "0", "0"],
        ["2026-02", "to date", "14", "2", "0", "0", "14", "2"],
    ]


def test_records_can_be_shown_instead_and_a_line_instead_of_a_stack(client_as: ClientAs) -> None:
    make_usage()

    chart = chart_of(client_as("Viewer").get("/reports/?measure=records&view=line").content.decode())

    assert (chart["view"], chart["measure"], chart["totals"][:2]) == ("line", "records", [3, 2])


def test_errors_are_grouped_and_name_their_companies(client_as: ClientAs) -> None:
    for name in ("a1", "a2"):
        make_failing_company(name, error_text=f"Refused for '{name}'")

    page = client_as("Viewer").get("/reports/").content.decode()

    assert page.count("User sign-in refused") == 1
    assert 'aria-expanded="false" aria-controls="error-1"' in page
    assert ">a1</bdi>" in page.replace("<bdi>", ">")


def test_the_number_of_queries_does_not_grow(client_as: ClientAs) -> None:
    client = client_as("Viewer")
    make_failing_company(query_filter=make_filter())
    make_usage()
    few = queries_of(client)

    for number in range(50):
        make_failing_company(error_text=f"kind {number}", query_filter=make_filter())
        make_records(make_company(query_filter=make_filter()), date(2026, 2, 1), 1)

    assert queries_of(client) == few <= 40


def queries_of(client: "object") -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/reports/?from=2026-01-05").status_code == 200
    return len(queries)


@pytest.mark.parametrize(("query", "days", "statement"), [("filter=UK+Companies", 2, "1 of 1"), ("", 0, "1 of 2")])
def test_the_page_says_how_old_and_how_complete_its_figures_are(
    client_as: ClientAs, query: str, days: int, statement: str
) -> None:
    uk, now = make_filter("UK Companies", "UK_"), clock.now()
    make_company("UK_one", query_filter=uk, last_success_at=now - timedelta(days=2))
    make_failing_company("elsewhere", last_success_at=now)

    page = client_as("Viewer").get(f"/reports/?{query}").content.decode()
    said = page[page.index('id="data-age"') :].partition("</p>")[0]

    assert f'datetime="{now - timedelta(days=days):%Y-%m-%d}T' in said
    assert ("More than 36 hours old" in said) is (days > 1)
    assert f"{statement} compan" in said
    assert ("elsewhere" in said) is (days == 0)
