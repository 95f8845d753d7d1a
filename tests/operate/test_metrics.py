"""The page that Prometheus reads: figures as they are, at a constant cost, for the holder of the token alone."""

from datetime import date, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries

from intacct_usage.metrics import collect
from tests.factories import make_company, make_failing_company, make_records
from tests.operate import rows

TOKEN = "a token of the monitoring system"
SLOW_SECONDS = 20
"""What a slow machine may take from writing a row to reading the page: less than makes a worker seem dead."""


@pytest.fixture
def scrape(db: None, client: Client, settings: LazySettings):
    """Figures by name and label value, read as Prometheus reads them."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[tuple[str, ...], float]:
        page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
        samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
        return {(one.name.removeprefix("intacct_usage_"), *one.labels.values()): one.value for one in samples}

    return read


def test_without_a_token_in_the_settings_there_is_no_such_page(db: None, client: Client) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ä"])
def test_whoever_does_not_hold_the_token_is_told_nothing(
    db: None, client: Client, settings: LazySettings, header: str
) -> None:
    settings.METRICS_TOKEN = TOKEN

    answer = client.get("/metrics", headers={"Authorization": header})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.content == b"A token is needed.\n"


def test_an_empty_installation_has_figures_too(scrape) -> None:
    figures = scrape()

    assert figures["workers_alive",] == 0
    assert figures["deliveries", "failed"] == 0
    assert ("data_age_seconds",) not in figures


def test_the_worker_and_its_queue_are_seen(scrape) -> None:
    rows.make_beat(age_seconds=5, restarts=2)
    rows.make_beat(age_seconds=500, restarts=40)
    rows.make_tick(age_seconds=20)

    figures = scrape()

    assert figures["workers_alive",] == 1
    assert 4.9 < figures["worker_beat_age_seconds",] < 5 + SLOW_SECONDS
    assert 19.9 < figures["last_tick_age_seconds",] < 20 + SLOW_SECONDS
    assert (figures["worker_restarts",], figures["queue_tasks",]) == (2, 0)


def test_each_schedule_tells_its_last_success_and_its_last_run(scrape) -> None:
    nightly, weekly = rows.make_schedule("Nightly"), rows.make_schedule('We"ek\\ly')
    good = rows.make_occurrence(nightly, run=rows.make_run(seconds=90, companies_failed=3))
    rows.make_occurrence(nightly, "error", run=rows.make_run(seconds=45, status="error"))
    rows.make_occurrence(nightly, "skipped")
    rows.make_occurrence(weekly, "fetching")

    figures = scrape()

    assert figures["schedule_last_success_timestamp_seconds", "Nightly"] == good.finished_at.timestamp()
    assert figures["schedule_last_run_ok", "Nightly"] == 0
    assert figures["schedule_last_run_duration_seconds", "Nightly"] == 45
    assert figures["schedule_enabled", 'We"ek\\ly'] == 0
    assert ("schedule_last_run_ok", 'We"ek\\ly') not in figures


def test_companies_runs_records_and_mails_are_counted(scrape) -> None:
    company = make_company(last_success_at=timezone.now() - timedelta(days=3))
    make_failing_company()
    make_company(skipped_at=timezone.now())
    make_records(company, date(2026, 10, 5), 4)
    rows.make_run(finished_at=timezone.now() - timedelta(hours=2), companies_failed=1)
    for state in ("failed", "unknown", "unknown"):
        rows.make_mail(state)
    rows.make_mail("failed", kind="test")

    figures = scrape()

    states = ("listed", "skipped", "failing", "stale")
    assert [figures["companies", state] for state in states] == [3, 1, 1, 1]
    assert (figures["deliveries", "failed"], figures["deliveries", "unknown"]) == (1, 2)
    assert (figures["usage_records",], figures["last_fetch_companies_failed",]) == (4, 1)
    assert figures["data_age_seconds",] == pytest.approx(7200, abs=SLOW_SECONDS)


def test_the_expiry_of_a_client_secret_is_told(scrape) -> None:
    rows.make_email_configuration(secret_expires_on=date(2027, 1, 31))

    assert scrape()["email_secret_expiry_timestamp_seconds", "Finance"] == 1801353600


def test_a_scrape_costs_the_same_for_one_schedule_and_for_many(
    db: None, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(16) as few:
        collect()
    for number in range(30):
        rows.make_occurrence(rows.make_schedule(f"Schedule {number}"), run=rows.make_run())
        make_company()

    with django_assert_num_queries(len(few.captured_queries)):
        collect()


def test_no_more_schedules_than_the_limit_have_figures_of_their_own(scrape, monkeypatch) -> None:
    monkeypatch.setattr("intacct_usage.metrics.MOST_LABELS", 2)
    for number in range(3):
        rows.make_schedule(f"Schedule {number}")

    figures = scrape()

    assert figures["schedules",] == 3
    assert sum(name[0] == "schedule_enabled" for name in figures) == 2
