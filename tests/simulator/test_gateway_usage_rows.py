"""Where usage rows come from, when they are seen, and when they go."""

from datetime import UTC, datetime, timedelta

import pytest

from intacct_usage.simulator.companies import build_companies
from intacct_usage.simulator.scenario import DEFAULT_SCENARIO, CompanyScenario, GatewayOptions, Scenario
from tests.simulator.gateway_calls import NOON, Clock, compare, make_scenario, query, serving

OWN = CompanyScenario("acme", counts_own_calls=True)


def test_every_accepted_call_becomes_a_row_that_says_who_called_what() -> None:
    with serving(make_scenario(OWN)) as caller:
        caller.control["controlid"] = "run-7"
        caller.sign_in()
        caller.call(query(), query(["NOSUCH"]))

        fields = ["FUNCTION", "PARTNERID", "LOGINID", "CONTROLID", "DOCCONTROLID", "N_TRANS", "STATUS", "DTDVERSION"]
        rows = [tuple(row.values()) for row in caller.query(fields).rows]
        assert rows == [
            ("getAPISession", "usagewatch", "reader", "f-0", "run-7", "1", "success", "3.0"),
            ("query", "usagewatch", "reader", "f-0", "run-7", "1", "success", "3.0"),
            ("query", "usagewatch", "reader", "f-1", "run-7", "1", "failure", "3.0"),
        ]


def test_refused_calls_are_no_usage() -> None:
    with serving(make_scenario(OWN)) as caller:
        caller.login["password"] = "wrong"
        caller.query()

        assert caller.acme.rows == ()


def test_the_total_grows_at_the_tail_while_one_pages() -> None:
    with serving(make_scenario(OWN)) as caller:
        assert [len(caller.query().rows) for _ in range(3)] == [0, 1, 2]


def test_a_call_is_seen_as_usage_only_after_the_delay() -> None:
    clock = Clock()
    with serving(make_scenario(OWN, gateway=GatewayOptions(visible_after_seconds=60)), clock) as caller:
        caller.query()
        clock.advance(seconds=59)
        early = caller.query().rows
        clock.advance(seconds=1)

        assert (early, len(caller.query().rows)) == ([], 1)


@pytest.mark.parametrize(
    ("expiry", "before", "after"),
    [("day", timedelta(hours=11, minutes=59), timedelta(hours=12)), ("instant", timedelta(0), timedelta(seconds=1))],
)
def test_rows_older_than_sixty_days_are_gone_by_the_clock(expiry: str, before: timedelta, after: timedelta) -> None:
    clock = Clock()
    with serving(make_scenario(gateway=GatewayOptions(expiry=expiry)), clock) as caller:
        caller.acme.add_row(NOON - timedelta(days=60))
        clock.now = NOON + before
        kept = caller.query().rows
        clock.now = NOON + after

        assert (len(kept), caller.query().rows) == (1, [])
        assert len(caller.acme.rows) == 1


def test_times_are_labels_of_the_zone_of_the_company() -> None:
    with serving(make_scenario(CompanyScenario("acme", utc_offset_hours=-8))) as caller:
        caller.acme.add_row(datetime(2026, 9, 1, 7, 59, 59, tzinfo=UTC))
        caller.acme.add_row(datetime(2026, 9, 1, 0, 0, 0))

        fields = ["CREATED_DATE", "CREATED_TIME"]
        today = caller.query(fields, where=compare("equalto", "CREATED_DATE", "09/01/2026"))

        assert caller.query(fields).rows[0] == {"CREATED_DATE": "08/31/2026", "CREATED_TIME": "08/31/2026 23:59:59"}
        assert today.column("CREATED_TIME") == ["09/01/2026 00:00:00"]


def test_rows_can_be_added_deleted_and_redated_between_two_pages() -> None:
    with serving() as caller:
        rows = [caller.acme.add_row(NOON - timedelta(minutes=10 - n)) for n in range(4)]

        def change(info) -> None:
            if info.offset:
                info.company.delete_row(rows[0].record_no)
                info.company.redate_row(rows[1].record_no, NOON)
                info.company.add_row(NOON - timedelta(days=1))

        caller.gateway.on_request.append(change)
        first = caller.query(tail="<orderby><order><field>CREATED_TIME</field></order></orderby><pagesize>2</pagesize>")
        second = caller.query(
            tail="<orderby><order><field>CREATED_TIME</field></order></orderby><pagesize>4</pagesize><offset>1</offset>"
        )

        assert first.column("RECORDNO") == [row.record_no for row in rows[:2]]
        assert second.column("RECORDNO") == [rows[n].record_no for n in (2, 3, 1)]


def test_a_redated_row_keeps_its_number_and_everything_else() -> None:
    company = build_companies(make_scenario(CompanyScenario("acme", records_per_day=(5, 5), history_days=3)), NOON)[
        "acme"
    ]
    old = company.rows[0]

    moved = company.redate_row(old.record_no, NOON)

    assert (moved.value("CREATED_TIME"), company.rows[-1]) == ("09/01/2026 12:00:00", moved)
    assert [moved.value(name) for name in ("RECORDNO", "FUNCTION", "LOGINID", "STATUS")] == [
        old.value(name) for name in ("RECORDNO", "FUNCTION", "LOGINID", "STATUS")
    ]
    with pytest.raises(KeyError):
        company.delete_row("no such number")


def test_the_same_seed_gives_the_same_companies_and_rows_and_another_seed_others() -> None:
    def world(seed: int) -> list[object]:
        companies = build_companies(Scenario(seed=seed, company_count=8), NOON).values()
        return [(one.id, one.name, one.sage_account_number, one.reseller, one.rows) for one in companies]

    assert world(1) == world(1)
    assert world(1) != world(2)


def test_the_demo_companies_are_marked_and_failing_ones_fail_differently() -> None:
    companies = build_companies(DEFAULT_SCENARIO, NOON)

    assert len(companies) == 60
    assert all(company.name.endswith(" (demo)") for company in companies.values())
    assert all(len(company.sage_account_number) == 10 for company in companies.values())
    assert any(company.sage_account_number.startswith("0") for company in companies.values())
    assert {company.state for company in companies.values()} == {"active", "unknown", "expired"}
    assert companies["DE_NoData"].rows == ()
