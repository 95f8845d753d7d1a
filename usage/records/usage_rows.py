"""Turns the rows of an answer into the values that are stored. Pure.

A date stays the day Intacct said, a time stays Intacct's clock reading; both become ISO text, which is what the
database drivers take fastest.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple, cast

from usage.gateway.objects import Row, parse_date, parse_datetime
from usage.gateway.row_tables import RowTable
from usage.records.row_spool import RowSpool

TEXT_LIMIT = 1000
SENDER_LIMIT = 200
RECORD_NO_LIMIT = 64
MOST_TRANSACTIONS = 2**31 - 1
"""What the column holds, up and down."""

YEARS = range(2000, 2200)
"""A day outside of these is a fault of the source, and every day between it and today would count as lost."""

SIGNATURE_FIELDS = ("PARTNERID", "LOGINID", "CLIENT_TYPE", "FUNCTION", "STATUS", "POLICYID", "DTDVERSION")

_US_DATETIMES = re.compile(r"(?:\d\d/\d\d/\d{4} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\n)*", re.ASCII)
_US_DATETIME = re.compile(r"\d\d/\d\d/\d{4} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)


class RowFormatError(Exception):
    """A row of the usage object that cannot be understood; `message` says which and why."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class SignatureTexts(NamedTuple):
    """Who called what and how; the texts many records share."""

    sender: str
    user: str
    client_type: str
    function: str
    status: str
    policy_id: str
    dtd_version: str


class StoredRow(NamedTuple):
    """One usage record as it is kept: `created_on` YYYY-MM-DD, `created_time` YYYY-MM-DD HH:MM:SS or None."""

    record_no: str
    created_on: str
    created_time: str | None
    transactions: int
    signature: SignatureTexts
    control_id: str
    document_control_id: str


class StoredRowSpool(RowSpool[StoredRow]):
    """Keeps stored rows; the signatures of a batch are written once."""

    def _packed(self, rows: list[StoredRow]) -> Any:  # Any: as in RowSpool
        numbers: dict[SignatureTexts, int] = {}
        packed = [(*row[:4], numbers.setdefault(row.signature, len(numbers)), *row[5:]) for row in rows]
        return [tuple(texts) for texts in numbers], packed

    def _unpacked(self, packed: object) -> list[StoredRow]:
        signatures, rows = cast(tuple[list[tuple[str, ...]], list[tuple[Any, ...]]], packed)  # Any: as packed above
        shared = [SignatureTexts._make(texts) for texts in signatures]
        return [StoredRow._make((*row[:4], shared[row[4]], *row[5:])) for row in rows]


def read_rows(rows: Sequence[Row]) -> list[StoredRow]:
    """All rows of a page, as `read_row` reads each. Raises RowFormatError for the first that cannot be understood."""
    if isinstance(rows, RowTable):
        quick = _read_table(rows)
        if quick is not None:
            return quick
    return [read_row(row) for row in rows]


def _read_table(table: RowTable) -> list[StoredRow] | None:
    """A page column by column, at a third of the cost; None if anything in it is unusual or wrong."""
    columns = dict(zip(table.names, zip(*table.cells, strict=True), strict=True))
    nothing = ("",) * len(table)
    numbers = columns.get("RECORDNO", nothing)
    times = columns.get("CREATED_TIME", nothing)
    controls, documents = columns.get("CONTROLID", nothing), columns.get("DOCCONTROLID", nothing)
    within = len(max(numbers, key=len)) <= RECORD_NO_LIMIT and all(
        len(max(texts, key=len)) <= TEXT_LIMIT for texts in (controls, documents)
    )
    if not within or "" in numbers or not _US_DATETIMES.fullmatch("\n".join(times) + "\n"):
        return None
    try:
        days = list(map(_iso_day, columns.get("CREATED_DATE", nothing)))
        moments = [f"{_iso_day(text[:10])}{text[10:]}" for text in times]
        transactions = [int(text or "0") for text in columns.get("N_TRANS", nothing)]
    except ValueError:
        return None
    if max(transactions) > MOST_TRANSACTIONS or min(transactions) < -MOST_TRANSACTIONS:
        return None
    texts = [columns.get(name, nothing) for name in SIGNATURE_FIELDS]
    signatures = [_shared_signature(*values) for values in zip(*texts, strict=True)]
    columns_kept = (numbers, days, moments, transactions, signatures, controls, documents)
    return list(map(StoredRow._make, zip(*columns_kept, strict=True)))


def read_row(row: Row) -> StoredRow:
    """Raises RowFormatError when the record number, the day or the count is missing or malformed."""
    record_no = row.get("RECORDNO") or ""
    if not record_no or len(record_no) > RECORD_NO_LIMIT:
        raise RowFormatError("Intacct returned a usage record without a usable RECORDNO.")
    created_time = _clock_reading(row.get("CREATED_TIME") or "", record_no)
    day = row.get("CREATED_DATE") or ""
    created_on = _day(day, record_no) if day else (created_time or "")[:10]
    if not created_on:
        raise RowFormatError(f"Usage record {record_no} has neither CREATED_DATE nor CREATED_TIME.")
    return StoredRow(
        record_no,
        created_on,
        created_time,
        _transactions(row.get("N_TRANS") or "0", record_no),
        _signature(row),
        (row.get("CONTROLID") or "")[:TEXT_LIMIT],
        (row.get("DOCCONTROLID") or "")[:TEXT_LIMIT],
    )


def _signature(row: Row) -> SignatureTexts:
    return _shared_signature(*[row.get(name) or "" for name in SIGNATURE_FIELDS])


@lru_cache(maxsize=8192)
def _shared_signature(sender: str, *others: str) -> SignatureTexts:
    return SignatureTexts(sender[:SENDER_LIMIT], *(text[:TEXT_LIMIT] for text in others))


@lru_cache(maxsize=4096)
def _iso_day(text: str) -> str:
    return _plausible(parse_date(text)).isoformat()


def _plausible(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(f"no usage record can be of {day}")
    return day


def _day(text: str, record_no: str) -> str:
    try:
        return _iso_day(text)
    except ValueError:
        raise RowFormatError(f"Usage record {record_no} has the unreadable CREATED_DATE “{text[:40]}”.") from None


def _clock_reading(text: str, record_no: str) -> str | None:
    if not text:
        return None
    try:
        if _US_DATETIME.fullmatch(text):
            return f"{_iso_day(text[:10])} {text[11:]}"
        moment = parse_datetime(text).replace(tzinfo=None, microsecond=0)
        _plausible(moment.date())
        return moment.isoformat(" ")
    except ValueError:
        raise RowFormatError(f"Usage record {record_no} has the unreadable CREATED_TIME “{text[:40]}”.") from None


def _transactions(text: str, record_no: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise RowFormatError(f"Usage record {record_no} has the unreadable N_TRANS “{text[:40]}”.") from None
    if abs(number) > MOST_TRANSACTIONS:
        raise RowFormatError(f"Usage record {record_no} has the impossible N_TRANS “{text[:40]}”.")
    return number
