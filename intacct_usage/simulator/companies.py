"""The simulated companies: who may sign in, and the usage rows each of them keeps.

Everything is invented; each name ends with " (demo)". Rows of a company are made when they are first looked at, so
that thousands of companies start at once. `SimulatedCompany` may be used by several threads; each company has one
lock.
"""

from __future__ import annotations

import random
import zlib
from bisect import bisect_left, insort
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from threading import RLock
from typing import Final

from .scenario import CompanyScenario, Scenario
from .usage_rows import CallTexts, HistoryPlan, UsageRow, generate_history, make_row

DEMO_MARK: Final = " (demo)"
_FIRST_WORDS: Final = (
    "Alder", "Bright", "Castle", "Délice", "Ember", "Frost", "Größe", "Harbour", "Iris", "Jörð", "Kestrel", "Lumière",
    "Meadow", "Nørre", "Opal", "Pioneer", "Quarry", "River", "Señal", "Tímár", "Umbra", "Vale", "Willow", "Žlutý",
)  # fmt: skip
_SECOND_WORDS: Final = (
    "Analytics", "Bakeries", "Clinics", "Designs", "Energy", "Foods", "Gardens", "Holdings", "Imports", "Joinery",
    "Kitchens", "Logistics", "Media", "Networks", "Optics", "Partners", "Robotics", "Schools", "Textiles", "Works",
)  # fmt: skip
_RESELLERS: Final = ("Northwind Advisers", "Fjord Consulting", "Tally & Sons", "")
_OFFSET_HOURS: Final = {"UK_": 0.0, "US_": -8.0, "DE_": 1.0}
_created: Final = attrgetter("created_second")


class SimulatedCompany:
    """One company. Public attributes may be changed while it is served; rows only by the methods.

    `users` maps user IDs to passwords, `senders` are the authorised sender IDs, `readers` may read API usage. Times
    are instants (aware); a naive one is read as the company's own wall clock.
    """

    def __init__(self, settings: CompanyScenario, scenario: Scenario, now: datetime) -> None:
        self._scenario = scenario
        self.lock = RLock()
        self.id = settings.id
        self.name = settings.name
        self.sage_account_number = settings.sage_account_number
        self.reseller = settings.reseller
        self.state = settings.state
        self.senders = set(scenario.senders if settings.senders is None else settings.senders)
        self.users: dict[str, str] = dict(scenario.users if settings.users is None else settings.users)
        self.readers: set[str] | None = None if settings.readers is None else set(settings.readers)
        self.clients = frozenset(settings.clients)
        self.session_minutes = settings.session_minutes or scenario.gateway.session_minutes
        self.has_usage_object = settings.has_usage_object
        own = settings.counts_own_calls
        self.counts_own_calls = scenario.counts_own_calls if own is None else own
        self.missing_fields = frozenset(settings.missing_fields)
        self.record_url = settings.record_url
        self.lower_case_rows = settings.lower_case_rows
        self.iso_dates = settings.iso_dates
        self.offset_seconds = round((settings.utc_offset_hours or 0.0) * 3600)
        self._text_order = scenario.gateway.record_number_order == "text"
        self._plan = self._make_plan(settings, now)
        self._rows: list[UsageRow] | None = None
        self._last_number = 0
        self._waiting: list[tuple[float, UsageRow]] = []

    def _make_plan(self, settings: CompanyScenario, now: datetime) -> HistoryPlan:
        seed = f"{self._scenario.seed}:{self.id}"
        days = self._scenario.history_days if settings.history_days is None else settings.history_days
        return HistoryPlan(
            seed=seed,
            first_number=900
            + zlib.crc32(seed.encode()) % 99_000,  # often grows by a digit: text and number order differ
            now_second=int(now.timestamp()),
            offset_seconds=self.offset_seconds,
            history_days=days,
            records_per_day=settings.records_per_day or self._scenario.records_per_day,
            partners=self._scenario.partners,
        )

    # --- people

    def may_read_usage(self, user_id: str) -> bool:
        return self.readers is None or user_id in self.readers

    # --- times

    def second_of(self, moment: datetime) -> int:
        """Unix time of `moment`; a naive one is the company's own wall clock."""
        if moment.tzinfo is None:
            return int(moment.replace(tzinfo=UTC).timestamp()) - self.offset_seconds
        return int(moment.timestamp())

    def local_day(self, now: datetime) -> date:
        """The day it is in the company's zone."""
        return (now.astimezone(UTC) + timedelta(seconds=self.offset_seconds)).date()

    def first_second(self, day: date) -> int:
        """Unix time at which `day` begins in the company's zone."""
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - self.offset_seconds

    def oldest_second(self, now: datetime) -> int:
        """Unix time from which on rows are still kept at `now`."""
        options = self._scenario.gateway
        if options.expiry == "instant":
            return int((now - timedelta(days=options.retention_days)).timestamp())
        return self.first_second(self.local_day(now) - timedelta(days=options.retention_days))

    # --- rows

    def _sort_key(self, row: UsageRow) -> tuple[int, int | str]:
        return row.created_second, row.record_no if self._text_order else row.number

    def _ordered(self) -> list[UsageRow]:
        """All rows by creation time, then record number. Call it with the lock held."""
        if self._rows is None:
            self._rows = sorted(generate_history(self._plan), key=self._sort_key)
            self._last_number = max((row.number for row in self._rows), default=self._plan.first_number)
        return self._rows

    @property
    def rows(self) -> tuple[UsageRow, ...]:
        """Every row that was ever made and not deleted, expired ones too, by creation time, then record number."""
        with self.lock:
            return tuple(self._ordered())

    def add_row(
        self,
        created: datetime,
        *,
        transactions: int = 1,
        texts: CallTexts = CallTexts(),  # noqa: B008 - immutable
        visible_at: datetime | None = None,
    ) -> UsageRow:
        """Append one call; its record number is above all others. Before `visible_at` no query sees it."""
        with self.lock:
            rows = self._ordered()
            self._last_number += 1
            row = make_row(
                self._last_number,
                self.second_of(created),
                transactions=transactions,
                texts=texts,
                offset_seconds=self.offset_seconds,
            )
            if visible_at is None:
                insort(rows, row, key=self._sort_key)
            else:
                self._waiting.append((visible_at.timestamp(), row))
            return row

    def delete_row(self, record_no: str) -> UsageRow:
        """Take a row away and return it. Raises KeyError when there is none with that number."""
        with self.lock:
            rows = self._ordered()
            for index, row in enumerate(rows):
                if row.record_no == str(record_no):
                    return rows.pop(index)
        raise KeyError(record_no)

    def redate_row(self, record_no: str, created: datetime) -> UsageRow:
        """Move a row to another moment; it keeps its record number. Raises KeyError when there is none."""
        with self.lock:
            old = self.delete_row(record_no)
            texts = CallTexts._make((*old.values[1:9], old.values[12]))
            moved = make_row(
                old.number,
                self.second_of(created),
                transactions=old.transactions,
                texts=texts,
                offset_seconds=self.offset_seconds,
            )
            insort(self._ordered(), moved, key=self._sort_key)
            return moved

    def _show_waiting(self, now: datetime) -> None:
        due = [row for moment, row in self._waiting if moment <= now.timestamp()]
        if due:
            self._waiting = [entry for entry in self._waiting if entry[0] > now.timestamp()]
            for row in due:
                insort(self._ordered(), row, key=self._sort_key)

    def _bounds(self, now: datetime, since: int | None, *, until: int | None) -> tuple[int, int]:
        self._show_waiting(now)
        rows = self._ordered()
        oldest = self.oldest_second(now)
        start = bisect_left(rows, oldest if since is None else max(oldest, since), key=_created)
        end = len(rows) if until is None else bisect_left(rows, until, key=_created)
        return start, max(start, end)

    def visible_rows(self, now: datetime, *, since: int | None = None, until: int | None = None) -> list[UsageRow]:
        """Rows a query may see at `now`, from Unix time `since` to before `until`, by creation time and number."""
        with self.lock:
            start, end = self._bounds(now, since, until=until)
            return self._ordered()[start:end]

    def visible_page(
        self, now: datetime, since: int | None, *, until: int | None, offset: int, size: int
    ) -> tuple[list[UsageRow], int]:
        """One page of `visible_rows` and how many there are in all, without copying the rest."""
        with self.lock:
            start, end = self._bounds(now, since, until=until)
            first = min(start + offset, end)
            return self._ordered()[first : min(first + size, end)], end - start


def build_companies(scenario: Scenario, now: datetime) -> dict[str, SimulatedCompany]:
    """All companies by ID: those of the scenario, then made ones until there are `company_count`.

    The same scenario and `now` give the same companies and rows. Those in state "unknown" are included: the
    companies API lists them.
    """
    source = random.Random(scenario.seed)
    companies: dict[str, SimulatedCompany] = {}
    taken = {settings.id.casefold() for settings in scenario.companies}
    for position, settings in enumerate(_settings(scenario, source, taken=taken)):
        words = _made_up(source, position)
        complete = _complete(settings, words)
        companies[settings.id] = SimulatedCompany(complete, scenario, now)
    return companies


def _settings(scenario: Scenario, source: random.Random, *, taken: set[str]) -> list[CompanyScenario]:
    settings = list(scenario.companies)
    while len(settings) < scenario.company_count:
        position = len(settings)
        prefix = scenario.prefixes[position % len(scenario.prefixes)]
        word = _FIRST_WORDS[source.randrange(len(_FIRST_WORDS))].encode("ascii", "ignore").decode()
        company_id = f"{prefix}{word}{position + 1:04d}"
        if company_id.casefold() in taken:  # a company set by hand has this ID: draw another word
            continue
        taken.add(company_id.casefold())
        settings.append(CompanyScenario(company_id, utc_offset_hours=_OFFSET_HOURS.get(prefix, 0.0)))
    return settings


def _made_up(source: random.Random, position: int) -> Mapping[str, str]:
    return {
        "name": f"{source.choice(_FIRST_WORDS)} {source.choice(_SECOND_WORDS)} {position + 1}",
        "sage_account_number": f"{source.randrange(1_000, 90_000_000):010d}",
        "reseller": source.choice(_RESELLERS),
    }


def _complete(settings: CompanyScenario, words: Mapping[str, str]) -> CompanyScenario:
    name = settings.name or words["name"]
    values = {
        **vars(settings),
        "name": name if name.endswith(DEMO_MARK) else name + DEMO_MARK,
        "sage_account_number": settings.sage_account_number or words["sage_account_number"],
        "reseller": settings.reseller or words["reseller"],
    }
    return CompanyScenario(**values)
