"""Each filter of the Logs page, alone and together, on the page and in both downloads."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client

from intacct_usage.logs.models import LogEntry
from tests.logs.log_lines import say, viewer

__all__ = ["viewer"]


def shown(client: Client, address: str) -> list[str]:
    return [entry.message for entry in client.get(address).context["page"].entries]


def test_the_newest_lines_are_shown_in_the_order_they_were_said(viewer: Client) -> None:
    say("one", "two", "three")

    assert shown(viewer, "/logs/") == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("INFO", ["fine"]),
        ("WARN", ["odd"]),
        ("ERROR", ["bad"]),
        ("problems", ["odd", "bad"]),
        ("", ["fine", "odd", "bad"]),
    ],
)
def test_lines_can_be_limited_to_a_level(viewer: Client, level: str, expected: list[str]) -> None:
    for word, one in (("fine", "INFO"), ("odd", "WARN"), ("bad", "ERROR")):
        say(word, level=one)

    assert shown(viewer, f"/logs/?level={level}") == expected


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("100%25", ["at 100% of the limit"]),
        ("UK_", ["[UK_Acme] done"]),
        ("%25", ["at 100% of the limit"]),
        ("(.*)", ["pattern (.*) \\d+"]),
        ("\\d", ["pattern (.*) \\d+"]),
        ("DONE", ["[UK_Acme] done", "[UKXAcme] done"]),
        ("'", ["it's quoted"]),
        ("nowhere", []),
    ],
)
def test_a_search_takes_every_character_for_itself(viewer: Client, term: str, expected: list[str]) -> None:
    say("at 100% of the limit", "[UK_Acme] done", "[UKXAcme] done", "pattern (.*) \\d+", "it's quoted")

    assert shown(viewer, f"/logs/?q={term}") == expected


def test_lines_can_be_limited_to_a_run_a_company_and_a_schedule(viewer: Client) -> None:
    say("run 1", run_id=1)
    say("run 11", run_id=11, company="UK_Acme", schedule="Nightly")
    say("other", company="UK_Acme_2", schedule="Nightly 2")

    assert shown(viewer, "/logs/?run=1") == ["run 1"]
    assert shown(viewer, "/logs/?company=uk_ACME") == ["run 11"]
    assert shown(viewer, "/logs/?schedule=nightly") == ["run 11"]


def test_days_are_days_of_the_installations_zone_and_both_ends_count(viewer: Client) -> None:
    for hour, day in ((22, 9), (23, 9), (22, 10), (23, 10)):  # London is at UTC+1 in July: its day begins at 23:00 UTC
        say(f"{day} July, {hour}:30 UTC", at=datetime(2026, 7, day, hour, 30, tzinfo=UTC))

    assert shown(viewer, "/logs/?from=2026-07-10&to=2026-07-10") == ["9 July, 23:30 UTC", "10 July, 22:30 UTC"]


def test_downloads_hold_exactly_what_the_filters_show_on_all_pages(viewer: Client) -> None:
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                at="2026-07-01T12:00:00.250Z", level="INFO", logger="usage", message=f"n {number}", run_id=number % 2
            )
            for number in range(4_100)
        ]
    )
    expected = [f"n {number}" for number in range(1, 4_100, 2)]

    text = viewer.get("/logs/download.txt?run=1").getvalue().decode().splitlines()
    rows = [json.loads(line) for line in viewer.get("/logs/download.jsonl?run=1").getvalue().splitlines()]

    assert text == [f"2026-07-01 12:00:00.250Z INFO  run 1  {message}" for message in expected]
    assert [row["message"] for row in rows] == expected
    assert rows[0] == {
        "time": "2026-07-01T12:00:00.250+00:00",
        "level": "INFO",
        "logger": "usage",
        "message": "n 1",
        "run_id": 1,
    }


def test_downloads_are_files_that_no_browser_interprets_or_keeps(viewer: Client) -> None:
    answer = viewer.get("/logs/download.txt")

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="intacct-usage-log-20')
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize(
    "query",
    [
        "level=LOUD",
        "run=abc",
        "run=-1",
        "run=99999999999999999999999",
        "from=0000-01-01",
        "to=9999-12-31",
        "from=2026-02-30",
        "from=2026-02-02&to=2026-02-01",
        "q=" + "x" * 201,
        "q=%00",
        "company=%00",
        "schedule=" + "x" * 201,
    ],
)
def test_a_filter_that_makes_no_sense_is_told_beside_its_field_and_shows_nothing(viewer: Client, query: str) -> None:
    say("a line")

    answer = viewer.get(f"/logs/?{query}")

    assert answer.status_code == 200
    assert 'class="field-error"' in answer.content.decode()
    assert answer.context["page"].entries == []
    assert viewer.get(f"/logs/download.txt?{query}").status_code == 400
    assert viewer.get(f"/logs/lines/?since=0&{query}").status_code == 400


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "9" * 30, "%00", "²", "1 2"])
@pytest.mark.parametrize("name", ["before", "after", "around"])
def test_a_position_that_is_no_id_is_refused(viewer: Client, name: str, value: str) -> None:
    assert viewer.get(f"/logs/?{name}={value}").status_code == 400


def test_odd_characters_in_a_search_are_searched_for_and_nothing_more(viewer: Client) -> None:
    for term in ("%ff", "%ED%A0%80", "<script>", "%F0%9F%A6%92", "\\", "_", "--", "%E2%80%AE"):
        assert viewer.get(f"/logs/?q={term}").status_code == 200
