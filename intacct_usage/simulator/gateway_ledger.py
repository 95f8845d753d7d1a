"""What the gateway saw: one entry for each function of each request, kept so that others can be checked against it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from .companies import SimulatedCompany
from .usage_rows import UsageRow


@dataclass(frozen=True)
class Call:
    """One function of one request. `sequence` counts requests; `credential` is "login", "session" or "".

    `http_status` is 0 where no answer was sent. `error_number` is empty on success; `level` tells where a refusal
    came from (a stage of `fault_kinds`). `fault` names the faults that acted.
    """

    sequence: int
    at: datetime
    company: str = ""
    sender_id: str = ""
    user_id: str = ""
    function: str = ""
    object_name: str = ""
    control_id: str = ""
    document_control_id: str = ""
    credential: str = ""
    http_status: int = 200
    level: str = ""
    error_number: str = ""
    offset: int = 0
    page_size: int = 0
    rows: int = 0
    total: int = 0
    fault: str = ""


class Totals(NamedTuple):
    records: int
    transactions: int


class GatewayLedger:
    """Counts calls, and counts the simulator's own rows without a look at what any client stored."""

    def __init__(self, companies: Mapping[str, SimulatedCompany], clock: Callable[[], datetime]) -> None:
        self._companies = companies
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls; rows stay."""
        with self._lock:
            self._calls.clear()

    def calls(self, company: str | None = None, function: str | None = None) -> tuple[Call, ...]:
        """Calls in the order they were answered, of one company and one function if given."""
        with self._lock:
            calls = tuple(self._calls)
        if company is not None:
            calls = tuple(call for call in calls if call.company.casefold() == company.casefold())
        return calls if function is None else tuple(call for call in calls if call.function == function)

    def count(self, company: str | None = None, function: str | None = None) -> int:
        return len(self.calls(company, function))

    def sign_ins(self, company: str | None = None) -> tuple[Call, ...]:
        """Calls that carried a user's password, whatever became of them."""
        return tuple(call for call in self.calls(company) if call.credential == "login")

    def counts(self) -> dict[str, dict[str, int]]:
        """Number of calls by company and function."""
        counts: dict[str, Counter[str]] = {}
        for call in self.calls():
            counts.setdefault(call.company, Counter())[call.function] += 1
        return {company: dict(functions) for company, functions in counts.items()}

    # --- the simulator's own rows

    def rows(
        self, company: str, since: date | None = None, until: date | None = None, *, expired: bool = False
    ) -> list[UsageRow]:
        """Rows a query would find now, on days from `since` to `until` (both included, the company's own days).

        `expired` adds those that are past their keeping time.
        """
        simulated = self._companies[company]
        start = None if since is None else simulated.first_second(since)
        end = None if until is None else simulated.first_second(until + timedelta(days=1))
        rows = simulated.visible_rows(self._clock(), since=start, until=end)
        if not expired:
            return rows
        oldest = simulated.oldest_second(self._clock())
        gone = [row for row in simulated.rows if row.created_second < oldest]
        gone = [row for row in gone if (start or 0) <= row.created_second and (end is None or row.created_second < end)]
        return gone + rows

    def totals(self, company: str, since: date | None = None, until: date | None = None) -> Totals:
        """Records and transactions of `rows(company, since, until)`."""
        rows = self.rows(company, since, until)
        return Totals(len(rows), sum(row.transactions for row in rows))

    def day_totals(self, company: str, since: date | None = None, until: date | None = None) -> dict[date, Totals]:
        """Totals by day of the company; days without rows are absent."""
        simulated = self._companies[company]
        return _grouped(self.rows(company, since, until), lambda row: _local_date(simulated, row))

    def month_totals(self, company: str, since: date | None = None, until: date | None = None) -> dict[date, Totals]:
        """Totals by month; the key is its first day."""
        simulated = self._companies[company]
        return _grouped(self.rows(company, since, until), lambda row: _local_date(simulated, row).replace(day=1))


def _local_date(company: SimulatedCompany, row: UsageRow) -> date:
    return date(1970, 1, 1) + timedelta(days=(row.created_second + company.offset_seconds) // 86_400)


def _grouped(rows: list[UsageRow], key: Callable[[UsageRow], date]) -> dict[date, Totals]:
    records: Counter[date] = Counter()
    transactions: Counter[date] = Counter()
    for row in rows:
        records[key(row)] += 1
        transactions[key(row)] += row.transactions
    return {day: Totals(records[day], transactions[day]) for day in sorted(records)}
