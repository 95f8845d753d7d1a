"""The `query` function: pages, order, aggregates."""

from datetime import timedelta

from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from intacct_usage.simulator.usage_rows import CallTexts
from tests.simulator.gateway_calls import NOON, ORDER, GatewayCaller, compare, make_scenario, serving

BUSY = CompanyScenario("acme", history_days=20, records_per_day=(20, 20))


def add_calls(caller: GatewayCaller, *partners: str) -> None:
    for minute, partner in enumerate(partners):
        texts = CallTexts(partner_id=partner, login_id="ann")
        caller.acme.add_row(NOON - timedelta(hours=2, minutes=-minute), transactions=minute + 1, texts=texts)


def test_pages_by_offset_hold_every_row_once_and_count_down() -> None:
    with serving(make_scenario(BUSY)) as caller:
        pages = [caller.query(tail=f"{ORDER}<pagesize>150</pagesize><offset>{n}</offset>") for n in (0, 150, 300)]

        total = len(caller.acme.rows)
        attributes = [dict(page.data.attrib) for page in pages]
        assert attributes[0] == {
            "listtype": "APIUSAGEDETAIL",
            "totalcount": str(total),
            "offset": "0",
            "count": "150",
            "numremaining": str(total - 150),
        }
        assert attributes[2]["numremaining"] == "0"
        seen = [number for page in pages for number in page.column("RECORDNO")]
        assert seen == [row.record_no for row in caller.acme.rows]


def test_the_page_size_is_100_unless_given_and_2000_at_most() -> None:
    with serving(make_scenario(CompanyScenario("acme", history_days=20, records_per_day=(105, 105)))) as caller:
        assert len(caller.query().rows) == 100
        assert len(caller.query(tail=f"{ORDER}<pagesize>2000</pagesize>").rows) == 2000


def test_a_page_by_key_starts_at_the_moment_asked_for() -> None:
    with serving(make_scenario(BUSY)) as caller:
        first = caller.query(["RECORDNO", "CREATED_TIME"])
        last = first.rows[-1]["CREATED_TIME"]

        second = caller.query(["RECORDNO"], where=compare("greaterthanorequalto", "CREATED_TIME", last))

        assert second.column("RECORDNO")[0] == first.column("RECORDNO")[-1]
        assert int(second.data.get("totalcount")) == len(caller.acme.rows) - 99


def test_fields_come_in_the_order_asked_for_and_empty_ones_as_empty_elements() -> None:
    with serving() as caller:
        add_calls(caller, "Ærø & <Sons>")

        answer = caller.query(["PARTNERID", "POLICYID", "CREATED_DATE", "N_TRANS"])

        assert list(answer.rows[0].items()) == [
            ("PARTNERID", "Ærø & <Sons>"),
            ("POLICYID", ""),
            ("CREATED_DATE", "09/01/2026"),
            ("N_TRANS", "1"),
        ]
        assert b"<POLICYID></POLICYID>" in answer.http.content


def test_without_an_order_the_rows_come_in_another_order_each_time() -> None:
    with serving(make_scenario(BUSY)) as caller:
        first, second = caller.query(tail="").column("RECORDNO"), caller.query(tail="").column("RECORDNO")

        assert first != second


def test_several_orders_sort_one_within_the_other() -> None:
    with serving() as caller:
        add_calls(caller, "b", "a", "b", "a", "")
        order = "<orderby><order><field>PARTNERID</field></order>"
        order += "<order><field>N_TRANS</field><descending/></order></orderby>"

        rows = caller.query(["PARTNERID", "N_TRANS"], tail=order).rows

        assert [tuple(row.values()) for row in rows] == [("a", "4"), ("a", "2"), ("b", "3"), ("b", "1"), ("", "5")]


def test_record_numbers_sort_as_numbers_or_as_text_by_setting() -> None:
    orders = {}
    for setting in ("numeric", "text"):
        with serving(make_scenario(gateway=GatewayOptions(record_number_order=setting))) as caller:
            caller.acme.rows  # noqa: B018 - makes the rows
            caller.acme._last_number = 998
            add_calls(caller, "a", "b", "c")
            tail = "<orderby><order><field>RECORDNO</field></order></orderby>"
            orders[setting] = caller.query(tail=tail).column("RECORDNO")

    assert orders == {"numeric": ["999", "1000", "1001"], "text": ["1000", "1001", "999"]}


def test_aggregates_are_grouped_by_the_selected_fields() -> None:
    with serving() as caller:
        add_calls(caller, "a", "b", "a")
        select = ["PARTNERID", "<sum>N_TRANS</sum>", "<count>RECORDNO</count>"]
        order = "<orderby><order><field>PARTNERID</field></order></orderby>"

        answer = caller.query(select, tail=order)

        assert answer.rows == [
            {"PARTNERID": "a", "N_TRANS": "4", "COUNT.RECORDNO": "2"},
            {"PARTNERID": "b", "N_TRANS": "2", "COUNT.RECORDNO": "1"},
        ]
        assert answer.data.get("totalcount") == "2"


def test_aggregates_over_all_rows_and_with_prefixed_names() -> None:
    with serving(make_scenario(gateway=GatewayOptions(aggregate_names="prefixed"))) as caller:
        add_calls(caller, "a", "b", "c", "d")
        select = ["<min>N_TRANS</min>", "<max>CREATED_TIME</max>", "<avg>N_TRANS</avg>", "<sum>N_TRANS</sum>"]

        answer = caller.query(select, tail="")

        assert answer.rows == [
            {
                "MIN.N_TRANS": "1",
                "MAX.CREATED_TIME": "09/01/2026 10:03:00",
                "AVG.N_TRANS": "2.50",
                "SUM.N_TRANS": "10",
            }
        ]


def test_the_summary_object_adds_up_each_day_and_client_type() -> None:
    with serving() as caller:
        caller.acme.add_row(NOON - timedelta(days=1), transactions=5)
        add_calls(caller, "a", "b")
        order = "<orderby><order><field>TODAY</field></order></orderby>"

        fields = ["TODAY", "CLIENT_TYPE", "DAILY_SUM", "TOTAL_TRANS"]
        answer = caller.query(fields, tail=order, object_name="APIUSAGESUMMARY")

        assert [tuple(row.values()) for row in answer.rows] == [
            ("08/31/2026", "Web Services", "5", "5"),
            ("09/01/2026", "Web Services", "3", "8"),
        ]
