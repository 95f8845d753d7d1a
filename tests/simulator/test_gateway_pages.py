"""The short cut for pages in the stored order gives what filtering and sorting every row gives."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intacct_usage.simulator.companies import SimulatedCompany, build_companies
from intacct_usage.simulator.gateway_filters import Comparison, Condition, Junction, compile_condition
from intacct_usage.simulator.gateway_query import Order, QueryRequest, Selected, find_page
from intacct_usage.simulator.gateway_source import TableSource
from intacct_usage.simulator.gateway_tables import DETAIL, Quirks, columns_of
from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from tests.simulator.gateway_calls import NOON, make_scenario

STORED_ORDER = (Order("CREATED_TIME"), Order("RECORDNO"))
# few different moments around midnight, so that rows share a second and a day
minutes = st.integers(0, 4).map(lambda step: NOON - timedelta(hours=36) + timedelta(hours=6 * step))


@st.composite
def bounds(draw: st.DrawFn) -> Condition:
    field = draw(st.sampled_from(["CREATED_TIME", "CREATED_DATE", "N_TRANS"]))
    operator = draw(
        st.sampled_from(["greaterthanorequalto", "greaterthan", "lessthanorequalto", "lessthan", "equalto"])
    )
    moment: datetime = draw(minutes)
    text = {"N_TRANS": "2", "CREATED_DATE": f"{moment:%m/%d/%Y}"}.get(field, f"{moment:%m/%d/%Y %H:%M:%S}")
    return Comparison(field, operator, (text,))


def make_company(order: str, moments: list[datetime]) -> SimulatedCompany:
    scenario = make_scenario(
        CompanyScenario("acme", utc_offset_hours=-5.5), gateway=GatewayOptions(record_number_order=order)
    )
    company = build_companies(scenario, NOON)["acme"]
    company.rows  # noqa: B018 - makes the rows, and with them the last number
    company._last_number = 97
    for number, moment in enumerate(moments):
        company.add_row(moment, transactions=number % 3 + 1)
    return company


@pytest.mark.parametrize("order", ["numeric", "text"])
@given(
    moments=st.lists(minutes, max_size=12),
    parts=st.lists(bounds(), min_size=2, max_size=3),
    offset=st.integers(0, 6),
    size=st.integers(1, 6),
)
def test_a_page_is_the_slice_of_all_found_rows_in_order(
    order: str, moments: list[datetime], parts: list[Condition], offset: int, size: int
) -> None:
    company = make_company(order, moments)
    columns = columns_of(company, DETAIL, quirks=Quirks(), text_order=order == "text")
    condition = Junction("and", tuple(parts))
    request = QueryRequest(DETAIL, (Selected("RECORDNO"),), condition, STORED_ORDER, page_size=size, offset=offset)

    page = find_page(TableSource(company, DETAIL, NOON), request, columns=columns, shuffle_seed="")

    holds = compile_condition(condition, columns, ignore_case=False)
    found = [row for row in company.rows if holds(row.values)]
    found.sort(key=lambda row: (row.created_second, row.record_no if order == "text" else row.number))
    assert (list(page.rows), page.total) == (found[offset : offset + size], len(found))
