"""Whatever a call holds, the answer is JSON that says what is wrong, and never a failure of ours."""

import base64
import json

import pytest

from tests.api.conftest import Caller

PAGE, SCOPE = ["limit", "after"], ["filter", "from", "to", "preset", "company", "complete_months"]
LISTS = {
    "companies": [*PAGE, "filter", "health", "skipped"],
    "usage/days": [*PAGE, *SCOPE],
    "usage/months": [*PAGE, *SCOPE],
    "runs": [*PAGE, "status"],
    "runs/1/companies": ["status", "unknown"],
    "deliveries": ["state", "run"],
    "schedules": ["after", "unknown"],
}
NASTY = [
    *("\x00", "é", "\ud83d\ude00", "' OR 1=1 --", "{{7*7}}", "../../etc/passwd", "%00", "0x7f", "NaN", "-1", "1e309"),
    *("9" * 30, "9" * 5000, "true", "[]", "2026-13-45", "0001-01-01", "9999-12-31", "\u202e", "\r\nX: y"),
    base64.urlsafe_b64encode(json.dumps([2**70]).encode()).decode(),
    base64.urlsafe_b64encode(json.dumps([True]).encode()).decode(),
    base64.urlsafe_b64encode(json.dumps([1, "x"]).encode()).decode(),
    base64.urlsafe_b64encode(json.dumps([1, "9999-12-31"]).encode()).decode(),
    base64.urlsafe_b64encode(json.dumps([{"a": []}, None]).encode()).decode(),
    base64.urlsafe_b64encode(b"[" * 50).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
]


@pytest.mark.parametrize("address", LISTS)
def test_no_value_of_any_parameter_makes_a_list_fail(reader: Caller, address: str, monkeypatch) -> None:
    monkeypatch.setattr("intacct_usage.api.access.READ_LIMIT.most", 10_000)
    answers = {
        (name, value): reader.get(address, **{name: value.encode("utf-8", "replace").decode()})
        for name in LISTS[address]
        for value in NASTY
    }

    failed = {
        key: answer.status_code for key, answer in answers.items() if answer.status_code not in (200, 400, 404, 422)
    }
    assert failed == {}
    assert {answer.headers["Content-Type"].partition(";")[0] for answer in answers.values()} == {"application/json"}
    refusals = [answer.json() for answer in answers.values() if answer.status_code in (400, 422)]
    assert all(refusal["error"] and refusal["fields"] for refusal in refusals)


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 10**30])
@pytest.mark.parametrize("address", ["runs/{}", "runs/{}/companies", "schedules/{}/run"])
def test_a_number_of_any_size_is_at_most_not_found(runner: Caller, address: str, number: int) -> None:
    call = runner.post if address.endswith("run") else runner.get

    assert call(address.format(number)).status_code == 404


@pytest.mark.parametrize("company", ["%00", "a%0d%0ab", "x" * 300, "..%2f..", "%ff%fe", "😀"])
def test_a_company_id_of_any_kind_is_at_most_not_found(reader: Caller, company: str) -> None:
    assert reader.client.get(f"/api/v1/companies/{company}").status_code in (404, 422)


def test_an_address_that_does_not_exist_is_answered_in_json(reader: Caller) -> None:
    answer = reader.get("nothing")

    assert (answer.status_code, answer.json()["error"]) == (404, "There is no such page")


def test_a_failure_of_ours_is_answered_in_json_without_detail(reader: Caller, monkeypatch) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("canary in the cause")

    monkeypatch.setattr("intacct_usage.api.runs.RunOut.of", fail)
    monkeypatch.setattr("intacct_usage.api.runs.id_after", fail)

    answer = reader.get("runs")

    assert answer.status_code == 500
    assert answer.json()["reference"]
    assert "canary" not in answer.content.decode()


def test_a_token_has_a_limit_and_is_told_when_to_come_back(reader: Caller, runner: Caller, monkeypatch) -> None:
    monkeypatch.setattr("intacct_usage.api.access.READ_LIMIT.most", 3)

    answers = [reader.get("runs") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 60
    assert answers[3].json()["error"].startswith("Too many calls with this token")
    assert runner.get("runs").status_code == 200


def test_starting_runs_has_a_limit_of_its_own(runner: Caller, monkeypatch) -> None:
    monkeypatch.setattr("intacct_usage.api.access.RUN_LIMIT.most", 1)

    assert [runner.post("schedules/1/run").status_code for _ in range(2)] == [404, 429]
    assert runner.get("runs").status_code == 200
