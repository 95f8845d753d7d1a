"""What the ledger counts, in this process and for others."""

from datetime import date, timedelta

import pytest

from intacct_usage.simulator.gateway_ledger import Totals
from intacct_usage.simulator.scenario import CompanyScenario, Fault, GatewayOptions
from tests.simulator.gateway_calls import NOON, make_scenario, query, serving

BUSY = CompanyScenario("acme", history_days=62, records_per_day=(2, 5))


def test_each_function_of_each_request_is_one_entry() -> None:
    with serving(make_scenario(BUSY)) as caller:
        caller.sign_in()
        caller.control["controlid"] = "run-9"
        caller.call(query(tail="<pagesize>3</pagesize><offset>2</offset>"), "<inspect><object>*</object></inspect>")

        first, second, third = caller.gateway.ledger.calls()
        assert (first.function, first.credential, first.sequence) == ("getAPISession", "login", 1)
        assert (second.sequence, third.sequence) == (2, 2)
        assert (second.offset, second.page_size, second.rows, second.credential) == (2, 3, 3, "session")
        assert second.total == caller.gateway.ledger.totals("acme").records
        assert (second.document_control_id, third.control_id) == ("run-9", "f-1")
        assert (second.sender_id, second.user_id, second.at) == ("usagewatch", "reader", NOON)


def test_refused_calls_are_entered_with_where_and_why() -> None:
    with serving(make_scenario(faults=(Fault("invalid_request", after=1, times=1),))) as caller:
        caller.login["password"] = "wrong"
        caller.call("<getAPISession/>")
        caller.call("<getAPISession/>")
        caller.post(b"nonsense")

        calls = caller.gateway.ledger.calls()
        assert [(call.level, call.error_number, call.http_status) for call in calls] == [
            ("authentication", "XL03000006", 200),
            ("short", "GW-0011", 400),
            ("control", "XL03000003", 200),
        ]
        assert [call.fault for call in calls] == ["", "invalid_request", ""]


def test_calls_are_counted_by_company_and_function() -> None:
    with serving(make_scenario(CompanyScenario("acme"), CompanyScenario("other"))) as caller:
        caller.sign_in()
        caller.query()
        caller.session, caller.login["companyid"] = "", "other"
        caller.sign_in()

        ledger = caller.gateway.ledger
        assert (ledger.count(), ledger.count("ACME"), ledger.count(function="query")) == (3, 2, 1)
        assert (len(ledger.sign_ins()), len(ledger.sign_ins("other"))) == (2, 1)
        assert ledger.counts() == {"acme": {"getAPISession": 1, "query": 1}, "other": {"getAPISession": 1}}
        ledger.clear()
        assert ledger.count() == 0


def test_totals_are_those_of_the_rows_a_query_can_find() -> None:
    with serving(make_scenario(BUSY)) as caller:
        tail = "<pagesize>2000</pagesize>"
        rows = caller.query(["N_TRANS", "CREATED_DATE"], tail=tail).rows

        ledger = caller.gateway.ledger
        assert ledger.totals("acme") == Totals(len(rows), sum(int(row["N_TRANS"]) for row in rows))
        assert len(ledger.rows("acme", expired=True)) == len(caller.acme.rows) > len(rows)
        august = [row for row in rows if row["CREATED_DATE"].startswith("08/")]
        assert ledger.totals("acme", date(2026, 8, 1), date(2026, 8, 31)).records == len(august)
        assert ledger.month_totals("acme")[date(2026, 8, 1)].records == len(august)
        days = ledger.day_totals("acme")
        assert sum(total.records for total in days.values()) == len(rows)
        assert min(days) >= date(2026, 7, 3)


def test_days_of_the_totals_are_the_companys_own() -> None:
    with serving(make_scenario(CompanyScenario("acme", utc_offset_hours=-8))) as caller:
        caller.acme.add_row(NOON - timedelta(hours=5), transactions=3)

        assert caller.gateway.ledger.day_totals("acme") == {date(2026, 8, 31): Totals(1, 3)}


def test_another_process_reads_the_counts_as_json() -> None:
    with serving(make_scenario(BUSY, CompanyScenario("other"))) as caller:
        caller.sign_in()
        caller.query()
        url = caller.gateway.read_out_url + "ledger"

        answer = caller.http.get(url).json()

        totals = caller.gateway.ledger.totals("acme")
        assert (answer["calls"], answer["sign_ins"]) == (2, 1)
        assert answer["by_function"] == {"getAPISession": 1, "query": 1}
        assert answer["rows"] == {"acme": {"records": totals.records, "transactions": totals.transactions}}
        assert set(caller.http.get(url, params={"rows": "all"}).json()["rows"]) == {"acme", "other"}
        narrowed = caller.http.get(url, params={"company": "acme", "until": "2026-08-31"}).json()["rows"]["acme"]
        assert narrowed["records"] == caller.gateway.ledger.totals("acme", until=date(2026, 8, 31)).records


def test_another_process_switches_faults() -> None:
    with serving() as caller:
        url = caller.gateway.read_out_url + "faults"
        caller.http.post(url, json={"add": [{"kind": "html_503", "company": "acme", "times": 1}]})
        statuses = [caller.query().http.status_code for _ in range(2)]
        listed = caller.http.get(url).json()["faults"]

        assert statuses == [503, 200]
        assert [(fault["kind"], fault["times"]) for fault in listed] == [("html_503", 1)]
        assert caller.http.post(url, json={"clear": True}).json() == {"faults": []}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"add": [{"kind": "html_5033"}]}, 'add[0]: "kind" must be one of'),
        (
            {"add": [{"kind": "slow", "second": 1}]},
            '"add[0].second" is not a key of a scenario. Did you mean "seconds"?',
        ),
        ({"remove": True}, 'The body must be an object with "add"'),
    ],
)
def test_a_wrong_wish_changes_no_fault_and_is_explained(body: object, sentence: str) -> None:
    with serving() as caller:
        answer = caller.http.post(caller.gateway.read_out_url + "faults", json=body)

        assert answer.status_code == 400
        assert answer.json()["error"].startswith(sentence)
        assert caller.gateway.faults.current() == ()


def test_the_read_out_can_be_switched_off() -> None:
    with serving(make_scenario(gateway=GatewayOptions(read_out=False))) as caller:
        assert caller.http.get(caller.gateway.read_out_url + "ledger").status_code == 404


def test_the_read_out_knows_its_two_pages_only() -> None:
    with serving() as caller:
        assert caller.http.get(caller.gateway.read_out_url + "rows").status_code == 404
        assert caller.http.get(caller.gateway.read_out_url + "ledger?rows=some").status_code == 400
