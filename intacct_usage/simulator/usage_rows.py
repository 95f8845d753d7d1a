"""Rows of `APIUSAGEDETAIL`: their fields, their wire form, and how a company's history is made from the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

# field, DATATYPE of `lookup`, externalDataName of `inspect`, label
DETAIL_FIELDS: Final = (
    ("RECORDNO", "TEXT", "string", "Record number"),
    ("CLIENT_TYPE", "TEXT", "string", "Client type"),
    ("PARTNERID", "TEXT", "string", "Partner ID"),
    ("FUNCTION", "TEXT", "string", "Function"),
    ("CONTROLID", "TEXT", "string", "Control ID"),
    ("POLICYID", "TEXT", "string", "Policy ID"),
    ("DTDVERSION", "TEXT", "string", "DTD version"),
    ("DOCCONTROLID", "TEXT", "string", "Document control ID"),
    ("LOGINID", "TEXT", "string", "Login ID"),
    ("N_TRANS", "INTEGER", "integer", "Number of transactions"),
    ("CREATED_DATE", "DATE", "date", "Created date"),
    ("CREATED_TIME", "TIMESTAMP", "datetime", "Created time"),
    ("STATUS", "TEXT", "string", "Status"),
    ("RECORD_URL", "TEXT", "string", "Record URL"),
)
_SPECIAL: Final = frozenset("&<>")


class UsageRow(NamedTuple):
    """One call. `created_second` is Unix time; `values` are the wire texts in the order of `DETAIL_FIELDS`.

    `plain` is True when no value needs escaping in XML.
    """

    number: int
    created_second: int
    transactions: int
    values: tuple[str, ...]
    plain: bool

    @property
    def record_no(self) -> str:
        return self.values[0]

    def value(self, field: str) -> str:
        """The wire text of a field by its Intacct name."""
        return self.values[_POSITION[field]]


_POSITION: Final = {name: index for index, (name, *_) in enumerate(DETAIL_FIELDS)}


class CallTexts(NamedTuple):
    """What a caller said about itself."""

    client_type: str = "Web Services"
    partner_id: str = ""
    function: str = "query"
    control_id: str = ""
    policy_id: str = ""
    dtd_version: str = "3.0"
    document_control_id: str = ""
    login_id: str = ""
    status: str = "success"


def make_row(number: int, created_second: int, *, transactions: int, texts: CallTexts, offset_seconds: int) -> UsageRow:
    """Format one row; `offset_seconds` is the distance of the company's zone from UTC."""
    day, moment = wire_times(created_second + offset_seconds)
    record_no = str(number)
    values = (
        record_no,
        texts.client_type,
        texts.partner_id,
        texts.function,
        texts.control_id,
        texts.policy_id,
        texts.dtd_version,
        texts.document_control_id,
        texts.login_id,
        str(transactions),
        day,
        moment,
        texts.status,
        "",
    )
    plain = _SPECIAL.isdisjoint("".join(values))
    return UsageRow(number, created_second, transactions, values, plain)


@lru_cache(maxsize=4096)
def _wire_day(day_number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day_number)).strftime("%m/%d/%Y")


def wire_times(local_second: int) -> tuple[str, str]:
    """Date and date-time as Intacct writes them, for seconds counted from 1970 in the company's own zone."""
    day_number, second = divmod(local_second, 86_400)
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    day = _wire_day(day_number)
    return day, f"{day} {hours:02d}:{minutes:02d}:{seconds:02d}"


# client type, function, most transactions one call counts, weight
_KINDS: Final = (
    ("Web Services", "query", 1, 30),
    ("Web Services", "readByQuery", 1, 14),
    ("Web Services", "readMore", 1, 8),
    ("Web Services", "read", 1, 8),
    ("Web Services", "create", 60, 12),
    ("Web Services", "update", 25, 8),
    ("Web Services", "create_invoice", 12, 6),
    ("Web Services", "getAPISession", 1, 6),
    ("AJAX", "readByName", 1, 3),
    ("Smart Event", "create", 1, 3),
    ("Trigger", "update", 1, 2),
)
_STATUSES: Final = (("success", 95), ("failure", 5))
_USERS: Final = ("xml_gateway", "integration", "björn.admin", "ap_clerk")


class HistoryPlan(NamedTuple):
    """What one company's history is made of. `today_local_day` is counted in days from 1970 in the company's zone."""

    seed: str
    first_number: int
    now_second: int
    offset_seconds: int
    history_days: int
    records_per_day: tuple[int, int]
    partners: tuple[str, ...]


def generate_history(plan: HistoryPlan) -> Iterator[UsageRow]:
    """Yield the rows oldest first, numbered upwards; the same plan gives the same rows. None lies after
    `now_second`.
    """
    source = random.Random(plan.seed)
    moments = _moments(plan, source)
    count = len(moments)
    kinds = source.choices(_KINDS, [weight for *_, weight in _KINDS], k=count)
    partners = source.choices(plan.partners, range(len(plan.partners) * 2, len(plan.partners), -1), k=count)
    users = source.choices(_USERS, (9, 5, 2, 1), k=count)
    statuses = source.choices([word for word, _ in _STATUSES], [weight for _, weight in _STATUSES], k=count)
    number = plan.first_number
    for index, moment in enumerate(moments):
        client_type, function, most, _ = kinds[index]
        number += 1 + (index * 7919) % 3
        texts = CallTexts(
            client_type=client_type,
            partner_id=partners[index] if client_type == "Web Services" else "",
            function=function,
            control_id=f"f-{number:x}",
            document_control_id=f"{moment:x}",
            login_id=users[index],
            status=statuses[index],
        )
        transactions = 1 if most == 1 else source.randint(1, most)
        yield make_row(number, moment, transactions=transactions, texts=texts, offset_seconds=plan.offset_seconds)


def _moments(plan: HistoryPlan, source: random.Random) -> list[int]:
    today = (plan.now_second + plan.offset_seconds) // 86_400
    low, high = plan.records_per_day
    moments: list[int] = []
    for day in range(today - plan.history_days, today + 1):
        midnight = day * 86_400 - plan.offset_seconds
        moments += [midnight + source.randrange(86_400) for _ in range(source.randint(low, high))]
    moments.sort()
    return [moment for moment in moments if moment <= plan.now_second]
