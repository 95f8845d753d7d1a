"""Invariants I1 to I5 under any order of changes at the source, fetches and failures (Hypothesis).

The source is the simulated gateway over HTTP, pages hold four rows so that windows have many. A fetch may meet a
failure at any call, or rows that are inserted, deleted or re-dated between two of its pages.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from intacct_usage.lib.outbound import OutboundPolicy, OutboundSession, parse_outbound_allow
from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, Fault, Scenario
from usage.fetching.window_fetch import CompanyUsage
from usage.gateway.client import CompanyConnection, GatewayClient
from usage.gateway.errors import GatewayError
from usage.gateway.retries import RetryPolicy
from usage.models import (
    ArchivedUsageRecord,
    Company,
    CompanyDay,
    CompanyFetch,
    CompanyMonth,
    FetchRun,
    UsageRecord,
)
from usage.records.window_reading import DataChangedError
from usage.records.window_store import Claim, WindowContent, store_window
from usage.records.windows import FetchWindow, full_window, incremental_window

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NO_RETRIES = RetryPolicy(quick=(), slow=(), few=(), cdn_timeout=(), cdn_block=())
FAULTS = ["html_503", "cut_body", "no_permission", "invalid_session", "empty_body", "too_many_requests"]
Rows = dict[str, tuple[date, int]]


class WindowReplaceMachine(RuleBasedStateMachine):
    """One company; `self.now` is everybody's clock."""

    companies = 0

    @initialize()
    def open(self) -> None:
        type(self).companies += 1
        self.now = START
        self.intacct_id = f"acme{self.companies}"
        company = CompanyScenario(self.intacct_id, records_per_day=(0, 0), history_days=0)
        self.gateway = GatewaySimulator(Scenario(company_count=1, companies=(company,)), clock=lambda: self.now).start()
        self.source = self.gateway.companies[self.intacct_id]
        self.company = Company.objects.create(intacct_id=self.intacct_id)
        self.policy = OutboundPolicy(allow=parse_outbound_allow(",".join(self.gateway.addresses)), extra_ca_file=None)
        self.outbound = OutboundSession(self.policy)

    def teardown(self) -> None:
        if hasattr(self, "gateway"):
            self.outbound.close()
            self.gateway.stop()

    @rule(days_ago=st.integers(0, 70), count=st.integers(1, 6), seconds=st.integers(0, 3600))
    def rows_appear(self, days_ago: int, count: int, seconds: int) -> None:
        for number in range(count):
            created = self.now - timedelta(days=days_ago, seconds=seconds + number % 2)
            self.source.add_row(created, transactions=number + 1)

    @precondition(lambda self: self.source_numbers())
    @rule(data=st.data())
    def a_row_vanishes(self, data: st.DataObject) -> None:
        self.source.delete_row(data.draw(st.sampled_from(self.source_numbers())))

    @precondition(lambda self: self.source_numbers())
    @rule(data=st.data(), days_ago=st.integers(0, 62))
    def a_row_is_redated(self, data: st.DataObject, days_ago: int) -> None:
        number = data.draw(st.sampled_from(self.source_numbers()))
        self.source.redate_row(number, self.now - timedelta(days=days_ago))

    @rule(hours=st.sampled_from([1, 9, 24, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(full=st.booleans())
    def a_fetch_succeeds(self, full: bool) -> None:
        before, archived = self.stored(), self.archived()
        window = self.window(full)

        with self.first_page() as seen:
            assert self.fetch(window, full=full)

        self.check_replaced(window, before, seen[0], archived)

    @rule(full=st.booleans(), kind=st.sampled_from(FAULTS), call=st.integers(0, 3))
    def a_fetch_fails_at_some_call(self, full: bool, kind: str, call: int) -> None:
        before, archived = self.stored(), self.archived()
        window = self.window(full)
        self.gateway.faults.add(Fault(kind, after=call))

        with self.first_page() as seen:
            done = self.fetch(window, full=full)
        self.gateway.faults.clear()

        if done:
            self.check_replaced(window, before, seen[0], archived)
        else:
            assert (self.stored(), self.archived()) == (before, archived)

    @rule(data=st.data(), page=st.integers(1, 4), full=st.booleans())
    def rows_move_while_a_fetch_reads(self, data: st.DataObject, page: int, full: bool) -> None:
        before = self.stored()
        window = self.window(full)
        change = data.draw(st.sampled_from(["insert", "delete", "redate"]))
        number = data.draw(st.sampled_from(self.source_numbers() or [""]))
        moved = self.now - timedelta(days=data.draw(st.integers(0, 30)))

        with self.before_page(page, lambda: self.change(change, number, moved)), self.every_page() as seen:
            done = self.fetch(window, full=full)

        if done:
            self.check_fuzzy_read(window, before, seen)
        else:
            assert self.stored() == before

    @invariant()
    def totals_equal_the_records(self) -> None:
        if not hasattr(self, "company"):
            return
        records = UsageRecord.objects.filter(company=self.company)
        expected = {"records": records.count(), "transactions": records.aggregate(sum=Sum("transactions"))["sum"] or 0}
        for model in (CompanyDay, CompanyMonth):
            sums = model.objects.filter(company=self.company).aggregate(
                records=Sum("records", default=0), transactions=Sum("transactions", default=0)
            )
            assert sums == expected

    # --- the fetch under test

    def window(self, full: bool) -> FetchWindow:
        newest = max((day for day, _ in self.stored().values()), default=None)
        return full_window(self.now) if full else incremental_window(newest, lookback_days=0, now=self.now)

    def fetch(self, window: FetchWindow, *, full: bool) -> bool:
        """Read and replace; False if reading failed."""
        mode = FetchRun.Mode.FULL_REFRESH if full else FetchRun.Mode.INCREMENTAL
        claim = self.claim(mode)
        usage = CompanyUsage(self.connection(), (), page_size=4)
        try:
            self.before_reading(window)
            usage.sign_in()
            rows = usage.read_window(window.start)
        except (GatewayError, DataChangedError):
            CompanyFetch.objects.filter(pk=claim.fetch_id).update(status=CompanyFetch.Status.FAILED)
            return False
        with rows.rows:
            store_window(claim, WindowContent(window, rows, mode, False, usage.requests_sent, ()), now=self.now)
        done = CompanyFetch.objects.get(pk=claim.fetch_id)
        assert done.inserted == done.expected == done.fetched  # I2
        return True

    def before_reading(self, window: FetchWindow) -> None:
        """Where the planted bug clears too early."""

    def claim(self, mode: str) -> Claim:
        run = FetchRun.objects.create(mode=mode, asked_by="test")
        fetch = CompanyFetch.objects.create(
            run=run, company=self.company, status=CompanyFetch.Status.RUNNING, lease_token=1
        )
        return Claim(fetch.pk, self.company.pk, 1)

    def connection(self) -> CompanyConnection:
        (sender, sender_password), *_ = self.gateway.scenario.senders.items()
        (user, user_password), *_ = self.gateway.scenario.users.items()
        client = GatewayClient(
            self.outbound,
            endpoint_url=self.gateway.url,
            sender_id=sender,
            sender_password=sender_password,
            policy=self.policy,
            pauses=NO_RETRIES,
        )
        return CompanyConnection(
            client,
            company_id=self.intacct_id,
            user_id=user,
            user_password=user_password,
            control_id_prefix="machine",
            wait=lambda seconds: None,
        )

    # --- what is true

    def stored(self) -> Rows:
        rows = UsageRecord.objects.filter(company=self.company).values_list("record_no", "created_on", "transactions")
        assert len({row[0] for row in rows}) == len(rows)  # I3
        return {number: (day, transactions) for number, day, transactions in rows}

    def archived(self) -> int:
        return ArchivedUsageRecord.objects.filter(company=self.company).count()

    def source_numbers(self) -> list[str]:
        return [row.record_no for row in self.source.visible_rows(self.now)]

    def source_rows(self, since: date | None) -> Rows:
        rows = {}
        for row in self.source.visible_rows(self.now):
            day = datetime.fromtimestamp(row.created_second, UTC).date()
            if since is None or day >= since:
                rows[row.record_no] = (day, row.transactions)
        return rows

    def check_replaced(self, window: FetchWindow, before: Rows, source: Rows, archived: int) -> None:
        """Nothing moved while reading: the window is exactly what the source held, the rest what was there."""
        inside = {number: row for number, row in source.items() if window.start is None or row[0] >= window.start}
        kept = {
            number: row
            for number, row in before.items()
            if window.clear_from is not None and row[0] < window.clear_from and number not in inside
        }
        assert self.stored() == kept | inside  # I1, I4, I5
        lost = len(before.keys() - kept.keys() - inside.keys())
        assert self.archived() == archived + lost

    def check_fuzzy_read(self, window: FetchWindow, before: Rows, seen: list[Rows]) -> None:
        """Rows moved while reading: nothing invented, nothing lost that stood still before the newest stored row."""
        stored = self.stored()
        fetched = {number: row for number, row in stored.items() if before.get(number) != row}
        for number, row in fetched.items():
            assert any(snapshot.get(number) == row for snapshot in seen)
        newest = max((day for day, _ in stored.values()), default=None)
        for number, row in seen[-1].items():
            still = all(snapshot.get(number) == row for snapshot in seen)
            inside = window.start is None or row[0] >= window.start
            if still and inside and newest is not None and row[0] < newest:  # I5
                assert stored.get(number) == row

    # --- looking on

    def change(self, kind: str, number: str, moved: datetime) -> None:
        if kind == "insert" or not number or number not in self.source_numbers():
            self.source.add_row(moved)
        elif kind == "delete":
            self.source.delete_row(number)
        else:
            self.source.redate_row(number, moved)

    @contextmanager
    def every_page(self) -> Iterator[list[Rows]]:
        seen: list[Rows] = []
        with self.hook(lambda: seen.append(self.source_rows(None))):
            yield seen

    first_page = every_page

    @contextmanager
    def before_page(self, page: int, action: Callable[[], None]) -> Iterator[None]:
        pages = 0

        def count() -> None:
            nonlocal pages
            pages += 1
            if pages == page:
                action()

        with self.hook(count):
            yield

    @contextmanager
    def hook(self, action: Callable[[], None]) -> Iterator[None]:
        def on_request(info: Any) -> None:
            if info.function == "query":
                action()

        self.gateway.on_request.append(on_request)
        try:
            yield
        finally:
            self.gateway.on_request.remove(on_request)


class ClearsFirst(WindowReplaceMachine):
    """The planted bug: clear, then fetch."""

    def before_reading(self, window: FetchWindow) -> None:
        stored = UsageRecord.objects.filter(company=self.company)
        (stored if window.clear_from is None else stored.filter(created_on__gte=window.clear_from)).delete()


EXAMPLES = settings(
    max_examples=300,
    stateful_step_count=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.mark.slow
def test_no_order_of_events_breaks_the_window_replacement(db) -> None:
    run_state_machine_as_test(WindowReplaceMachine, settings=EXAMPLES)


@pytest.mark.slow
def test_the_machine_finds_a_planted_clear_before_fetch(db) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            ClearsFirst, settings=settings(EXAMPLES, phases=[p for p in settings().phases if p.name != "shrink"])
        )
