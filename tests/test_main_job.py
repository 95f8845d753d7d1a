"""The main job, by commands alone: credentials, companies, fetch, six reports, mail; every figure agrees."""

import csv
import email
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db.models import Count, Sum
from openpyxl import load_workbook

from intacct_usage.lib.outbound import OutboundPolicy, parse_outbound_allow
from intacct_usage.simulator.scenario import DEFAULT_SCENARIO
from intacct_usage.simulator.suite import SimulatorSuite
from tests.worlds import QUICK
from usage.models import UsageRecord

FAILING = {"UK_NotAuthorised", "US_WrongPassword", "DE_NoPermission", "US_Unknown", "UK_Expired"}
Figures = dict[str, tuple[int, int]]


@pytest.fixture
def suite(
    transactional_db: None, tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimulatorSuite]:
    scenario = replace(DEFAULT_SCENARIO, company_count=30, history_days=12)
    with SimulatorSuite(scenario, tmp_path / "simulator") as suite:
        settings.INTACCT_ENDPOINT_URL = suite.endpoints.gateway_url
        settings.OUTBOUND_POLICY = OutboundPolicy(allow=parse_outbound_allow(suite.allow), extra_ca_file=None)
        monkeypatch.setattr("usage.fetching.lane.retry_policy", lambda companies: QUICK)
        monkeypatch.setenv("INTACCT_SENDER_PASSWORD", suite.first_sender[1])
        monkeypatch.setenv("INTACCT_USER_PASSWORD", suite.first_user[1])
        monkeypatch.setenv("COMPANIES_API_TOKEN", suite.scenario.companies_api.token)
        monkeypatch.setenv("EMAIL_SECRET", "")
        yield suite


def manage(*arguments: str) -> int:
    try:
        call_command(*arguments, stdout=io.StringIO(), stderr=io.StringIO())
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def do_the_main_job(suite: SimulatorSuite, folder: Path) -> None:
    manage(
        "set_credentials",
        "--sender-id",
        suite.first_sender[0],
        "--user-id",
        suite.first_user[0],
        "--company",
        "UK_Company1",
    )
    manage("load_companies", "--url", suite.endpoints.companies_url)
    manage("set_filter", "UK Companies", "--prefix", "UK_")
    assert manage("fetch_usage") == 1
    for report in ("detailed", "summary", "exceptions"):
        for report_format in ("csv", "xlsx"):
            path = str(folder / f"{report}.{report_format}")
            assert manage("export_report", report, "--format", report_format, "--output", path) == 0


def ledger_figures(suite: SimulatorSuite) -> Figures:
    """Records and transactions per company in the simulator's own rows, without the fetch's page requests.

    A page request becomes usage after it was answered, so it belongs to the next fetch.
    """
    calls = suite.gateway.ledger.calls(function="query")
    requests = {call.control_id for call in calls if not call.error_number}
    figures = {}
    for company in suite.gateway.companies.keys() - FAILING:
        rows = [row for row in suite.gateway.ledger.rows(company) if row.value("CONTROLID") not in requests]
        if rows:
            figures[company] = (len(rows), sum(row.transactions for row in rows))
    return figures


def database_figures() -> Figures:
    rows = UsageRecord.objects.values_list("company__intacct_id").annotate(Count("pk"), Sum("transactions"))
    return {company: (records, transactions) for company, records, transactions in rows}


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def xlsx_rows(path: Path) -> list[dict[str, object]]:
    header, *rows = load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    padded = ((*row, *[None] * (len(header) - len(row))) for row in rows)  # empty cells at the end are not in the file
    return [dict(zip(map(str, header), row, strict=True)) for row in padded]


def detailed_figures(rows: list[dict[str, str]] | list[dict[str, object]]) -> Figures:
    figures: Figures = {}
    for row in rows:
        records, transactions = figures.get(str(row["Company ID"]), (0, 0))
        figures[str(row["Company ID"])] = (records + 1, transactions + int(str(row["Transactions"])))
    return figures


def summary_figures(rows: list[dict[str, str]] | list[dict[str, object]]) -> Figures:
    pairs = {row["Company ID"]: (int(str(row["Record Count"])), int(str(row["Total Transactions"]))) for row in rows}
    return {str(company): figures for company, figures in pairs.items() if figures != (0, 0)}


@pytest.mark.slow
def test_ledger_database_and_every_report_agree_exactly(suite: SimulatorSuite, tmp_path: Path) -> None:
    do_the_main_job(suite, tmp_path)

    figures = ledger_figures(suite)
    total = (sum(records for records, _ in figures.values()), sum(made for _, made in figures.values()))
    stored = database_figures()
    assert {company for company in figures if stored.get(company) != figures[company]} == set()
    assert (len(figures), stored) == (24, figures)
    for rows in (csv_rows(tmp_path / "detailed.csv"), xlsx_rows(tmp_path / "detailed.xlsx")):
        assert detailed_figures(rows) == figures
    for rows in (csv_rows(tmp_path / "summary.csv"), xlsx_rows(tmp_path / "summary.xlsx")):
        assert summary_figures(rows) == {**figures, "Total": total}
    for rows in (csv_rows(tmp_path / "exceptions.csv"), xlsx_rows(tmp_path / "exceptions.xlsx")):
        assert {row["Company ID"] for row in rows} == FAILING | {"DE_NoData"}


@pytest.mark.slow
def test_the_mail_carries_the_same_reports_to_the_recipients(suite: SimulatorSuite, tmp_path: Path) -> None:
    do_the_main_job(suite, tmp_path)
    host, port = suite.endpoints.mail_host, str(suite.endpoints.mail_port)
    server = ["--provider", "smtp", "--host", host, "--port", port, "--security", "none", "--no-proxy"]
    people = ["--from-address", "usage@example.com", "--to", "Finance <finance@example.com>", "--cc", "it@example.com"]
    manage("add_email_configuration", "Finance", *server, *people)

    sent = manage("send_reports", "--to", "Finance", "--reports", "detailed,summary,exceptions", "--format", "csv")

    newest = max(Path(suite.endpoints.mail_folder).glob("*.eml"), key=os.path.getmtime)
    message = email.message_from_bytes(newest.read_bytes(), policy=policy.default)
    parts = {part.get_filename() or "": part.get_payload(decode=True) for part in message.iter_attachments()}
    detailed = next(content for name, content in parts.items() if "detailed" in name.lower())
    assert (sent, message["To"], message["Cc"]) == (0, "Finance <finance@example.com>", "it@example.com")
    assert detailed == (tmp_path / "detailed.csv").read_bytes()
