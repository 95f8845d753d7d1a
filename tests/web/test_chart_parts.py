"""Beside every chart: its sentence, its figures as a table, as CSV and as PNG; all of them the same figures."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
import time_machine

from tests.factories import make_company, make_filter, make_records
from tests.web.conftest import ClientAs
from usage.models import Company

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CHARTS = {"/": "overview-chart", "/reports/": "usage-chart", "/companies/1/": "company-chart"}


def fill() -> None:
    make_records(make_company("UK_Äcme", pk=1), date(2026, 2, 3), 2, transactions=21)
    make_records(Company.objects.get(), date(2026, 3, 3), 1, transactions=7)


def rows_of_table(page: str) -> list[list[str]]:
    """Month, records, transactions, with the figures as the CSV has them."""
    (body,) = re.findall(r"<caption>Usage by month</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = re.findall(r'<tr><th scope="row">(\w{3} \d{4}).*?<td class="num">(.*?)</td><td class="num">(.*?)</td>', body)
    return [list(row) for row in rows]


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("address", CHARTS)
def test_a_chart_has_a_sentence_a_table_a_file_and_a_picture(client_as: ClientAs, address: str) -> None:
    fill()
    client = client_as("Viewer")

    page = client.get(address).content.decode()
    (link,) = re.findall(r'href="([^"]*usage-by-month\.csv[^"]*)" download', page)
    file = list(csv.reader(io.StringIO(client.get(link).content.decode("utf-8-sig"))))

    assert page.count("Feb 2026 to Mar 2026: 49 transactions in all, most of them in Feb 2026 with 42.") == 2
    assert f'data-chart-png="{CHARTS[address]}" data-file-name="intacct-usage-by-month' in page
    assert rows_of_table(page) == [["Feb 2026", "2", "42"], ["Mar 2026", "1", "7"]]
    assert [row[:4] for row in file[1:]] == [
        ["2026-02", "part of the month", "42", "2"],
        ["2026-03", "to date", "7", "1"],
    ]


@time_machine.travel(NOON, tick=False)
def test_the_file_of_a_chart_holds_the_range_of_the_chart(client_as: ClientAs) -> None:
    company = make_company(query_filter=make_filter("UK", "UK_"))
    for day in (date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 1)):
        make_records(company, day, 1)
    client = client_as("Viewer")

    page = client.get("/").content.decode()
    (link,) = re.findall(r'href="([^"]*usage-by-month\.csv[^"]*)" download', page)
    months = [row[0] for row in csv.reader(io.StringIO(client.get(link).content.decode("utf-8-sig")))]

    assert (months[1], months[-1], len(months)) == ("2025-04", "2026-03", 1 + 12)


@time_machine.travel(NOON, tick=False)
def test_table_and_file_of_a_company_go_further_back_than_its_chart_and_the_page_says_so(client_as: ClientAs) -> None:
    make_records(make_company(pk=1), date(2023, 12, 3), 1)
    client = client_as("Viewer")

    response = client.get("/companies/1/")
    file = client.get("/companies/1/usage-by-month.csv").content.decode("utf-8-sig")

    assert len(response.context["chart"]["labels"]) == 24
    assert len(rows_of_table(response.content.decode())) == len(file.splitlines()) - 1 == 28
    assert "The chart shows the latest 24, table and CSV all 28" in response.content.decode()


def test_the_files_of_a_company_carry_its_name(client_as: ClientAs) -> None:
    fill()
    client = client_as("Viewer")

    picture = client.get("/companies/1/").content.decode()
    file = client.get("/companies/1/usage-by-month.csv")

    assert 'data-file-name="intacct-usage-by-month_uk-acme.png"' in picture
    assert file.headers["Content-Disposition"] == 'attachment; filename="intacct-usage-by-month_uk-acme.csv"'


def test_a_company_that_is_not_there_has_no_file(client_as: ClientAs) -> None:
    assert client_as("Viewer").get("/companies/4711/usage-by-month.csv").status_code == 404
