"""How long to wait, by family, and when to give up (F17)."""

import threading
from datetime import UTC, datetime

import pytest

from usage.gateway.errors import ErrorFamily, Failure, GatewayError, Level
from usage.gateway.retries import RetryBudget, RetryPolicy, retry_after_seconds

NOW = datetime(2026, 9, 1, 12, 0, 0, tzinfo=UTC)
NEVER = {
    *(
        "sender_credentials",
        "request_format",
        "user_credentials",
        "sender_not_authorised",
        "sign_in_refused",
        "session",
    ),
    *("address_denied", "company_unknown", "company_inactive", "wrong_company", "endpoint_refused", "permission"),
    *("object_missing", "fields", "function_error", "request_refused", "unexpected_answer", "too_large", "tls"),
    *("proxy_sign_in", "blocked", "invalid_value", "data_changed", "interrupted", "internal"),
}


def failure(family: str, retry_after: float | None = None) -> GatewayError:
    error = GatewayError(ErrorFamily(family), Failure(Level.HTTP))
    error.retry_after_seconds = retry_after
    return error


def pauses(family: str, policy: RetryPolicy) -> list[float | None]:
    return [policy.pause_seconds(failure(family), attempt=attempt) for attempt in range(1, 7)]


@pytest.mark.parametrize("family", ["unreachable", "timed_out", "incomplete", "proxy", "server", "try_later"])
def test_network_and_server_failures_wait_a_doubling_time_with_full_jitter(family: str) -> None:
    assert pauses(family, RetryPolicy(jitter=lambda: 1.0)) == [1, 2, 4, 8, None, None]
    assert pauses(family, RetryPolicy(jitter=lambda: 0.25)) == [0.25, 0.5, 1, 2, None, None]


@pytest.mark.parametrize("family", ["rate_limit", "too_many_operations", "offline"])
def test_limits_wait_long(family: str) -> None:
    assert pauses(family, RetryPolicy(jitter=lambda: 0.0)) == [30, 60, 120, 120, None, None]


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("data_layer", [2, 8, None]),
        ("unreadable_answer", [2, 8, None]),
        ("cdn_timeout", [60, 60, 60]),
        ("cdn_block", [90, 90, 90]),
    ],
)
def test_other_passing_failures_have_their_own_pauses(family: str, expected: list[float | None]) -> None:
    assert pauses(family, RetryPolicy())[:3] == expected


@pytest.mark.parametrize("family", sorted(NEVER))
def test_what_does_not_pass_by_itself_is_never_tried_again(family: str) -> None:
    policy = RetryPolicy(budget=RetryBudget(10))

    assert policy.pause_seconds(failure(family, retry_after=1), attempt=1) is None
    assert policy.budget.left == 10


def test_every_family_is_either_tried_again_or_never() -> None:
    tried = {family for family in ErrorFamily if pauses(family, RetryPolicy())[0] is not None}

    assert tried | NEVER == set(ErrorFamily)
    assert not tried & NEVER


def test_the_pause_the_server_asks_for_comes_first() -> None:
    policy = RetryPolicy(jitter=lambda: 0.5)

    assert policy.pause_seconds(failure("rate_limit", retry_after=7), attempt=1) == 7
    assert policy.pause_seconds(failure("server", retry_after=3), attempt=4) == 3
    assert policy.pause_seconds(failure("server", retry_after=3), attempt=5) is None


def test_an_empty_budget_ends_all_retries() -> None:
    policy = RetryPolicy(budget=RetryBudget(2))

    assert [value is None for value in pauses("rate_limit", policy)] == [False, False, True, True, True, True]


def test_a_budget_is_never_overspent_by_many_threads() -> None:
    budget = RetryBudget(1000)
    taken: list[int] = []

    def spend() -> None:
        taken.append(sum(budget.take() for _ in range(500)))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(taken), budget.left) == (1000, 0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *((None, None), ("", None), ("soon", None), ("-5", None), ("0", None), ("1.5", None), ("٣", None)),
        *(("7", 7), (" 40 ", 40), ("300", 300), ("301", 300), ("9" * 500, 300)),
        *(("Tue, 01 Sep 2026 12:00:40 GMT", 40), ("Tue, 01 Sep 2026 12:00:40 -0000", 40)),
        *(("Tue, 01 Sep 2026 11:59:00 GMT", None), ("Wed, 01 Sep 2027 12:00:00 GMT", 300)),
        ("Tue, 99 Sep 2026 12:00:40 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=NOW) == seconds
