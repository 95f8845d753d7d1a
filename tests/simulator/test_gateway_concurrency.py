"""Two requests of a company at once, the third waits and is turned away."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions
from tests.simulator.gateway_calls import Answer, GatewayCaller, make_scenario, serving

REFUSAL = "too many operations running for this company (200024)"


class Doorstop:
    """A hook that holds the calls of one company inside the gateway until it is lifted."""

    def __init__(self, caller: GatewayCaller, company: str, holds: int) -> None:
        self.lifted = threading.Event()
        self.inside = threading.Semaphore(0)
        self._left = holds
        self._company = company
        caller.gateway.on_request.append(self)

    def __call__(self, info) -> None:
        if info.company.id == self._company and self._left > 0:
            self._left -= 1
            self.inside.release()
            self.lifted.wait(60)

    def wait_for(self, calls: int) -> None:
        for _ in range(calls):
            assert self.inside.acquire(timeout=60)


def call_as(caller: GatewayCaller, company: str) -> Answer:
    other = GatewayCaller(caller.gateway, company)
    try:
        return other.query()
    finally:
        other.http.close()


@pytest.mark.parametrize(
    ("refusal", "status", "words"), [("too_many_operations", 200, REFUSAL), ("too_many_requests", 429, "Too many")]
)
def test_a_third_request_is_turned_away_after_its_hold_time(refusal: str, status: int, words: str) -> None:
    options = GatewayOptions(hold_seconds=0.1, concurrency_refusal=refusal)
    scenario = make_scenario(CompanyScenario("acme", counts_own_calls=True), gateway=options)
    with serving(scenario) as caller, ThreadPoolExecutor(2) as pool:
        door = Doorstop(caller, "acme", 2)
        held = [pool.submit(call_as, caller, "acme") for _ in range(2)]
        door.wait_for(2)
        third = caller.query()
        door.lifted.set()

        assert third.http.status_code == status
        assert words in third.error[1]
        assert [future.result().level for future in held] == ["success", "success"]
        assert len(caller.acme.rows) == 2, "a request turned away is no usage"


def test_a_third_request_goes_on_when_a_place_is_free_in_time() -> None:
    with serving(make_scenario(gateway=GatewayOptions(hold_seconds=5))) as caller, ThreadPoolExecutor(3) as pool:
        door = Doorstop(caller, "acme", 2)
        held = [pool.submit(call_as, caller, "acme") for _ in range(2)]
        door.wait_for(2)
        third = pool.submit(call_as, caller, "acme")
        door.lifted.set()

        assert third.result(60).level == "success"
        assert [future.result(60).level for future in held] == ["success", "success"]


def test_companies_do_not_wait_for_each_other() -> None:
    scenario = make_scenario(
        CompanyScenario("acme"), CompanyScenario("other"), gateway=GatewayOptions(hold_seconds=0.1)
    )
    with serving(scenario) as caller, ThreadPoolExecutor(2) as pool:
        door = Doorstop(caller, "acme", 2)
        held = [pool.submit(call_as, caller, "acme") for _ in range(2)]
        door.wait_for(2)

        assert call_as(caller, "other").level == "success"

        door.lifted.set()
        assert [future.result(60).level for future in held] == ["success", "success"]


def test_many_callers_at_once_lose_and_double_no_call() -> None:
    companies = [CompanyScenario(f"c{n}", counts_own_calls=True) for n in range(8)]
    with serving(make_scenario(*companies)) as caller, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: call_as(caller, f"c{n % 8}"), range(160)))

        assert {answer.level for answer in answers} == {"success"}
        assert sorted(call.sequence for call in caller.gateway.ledger.calls()) == list(range(1, 161))
        assert [len(company.rows) for company in caller.gateway.companies.values()] == [20] * 8
