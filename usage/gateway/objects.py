"""The usage object of Intacct and the values the gateway client hands out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

USAGE_OBJECT = "APIUSAGEDETAIL"
USAGE_FIELDS = (
    "RECORDNO",
    "CLIENT_TYPE",
    "PARTNERID",
    "FUNCTION",
    "CONTROLID",
    "POLICYID",
    "DTDVERSION",
    "DOCCONTROLID",
    "LOGINID",
    "N_TRANS",
    "CREATED_DATE",
    "CREATED_TIME",
    "STATUS",
)
REQUIRED_USAGE_FIELDS = frozenset({"RECORDNO", "PARTNERID", "N_TRANS"})
"""Besides these one of `CREATED_DATE` and `CREATED_TIME` must exist."""

MAX_PAGE_SIZE = 2000

Row = dict[str, str | None]
"""One record: field name in upper case to text; an empty field is None."""

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})$", re.ASCII)
_US_DATETIME = re.compile(r"(\d{1,2}/\d{1,2}/\d{4})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?$", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer to a query. `remaining` counts the rows after this page, `total_count` those of the whole query."""

    rows: Sequence[Row]
    total_count: int
    offset: int
    count: int
    remaining: int


@dataclass(frozen=True, slots=True)
class ObjectField:
    """One field of an object as `lookup` describes it. `data_type` is Intacct's word, e.g. TEXT or TIMESTAMP."""

    id: str
    label: str
    data_type: str
    description: str = ""
    required: bool = False
    read_only: bool = False
    custom: bool = False
    valid_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authentication:
    """What an answer says about the signed-in user. Times are aware; None when the answer leaves them out."""

    status: str = ""
    user_id: str = ""
    company_id: str = ""
    client_id: str = ""
    location_id: str = ""
    session_timestamp: datetime | None = None
    session_timeout: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as `getAPISession` opened it. `endpoint_url` has passed the endpoint rule."""

    session_id: str = field(repr=False)
    endpoint_url: str
    authentication: Authentication

    @property
    def company_id(self) -> str:
        return self.authentication.company_id

    @property
    def signed_in_at(self) -> datetime | None:
        return self.authentication.session_timestamp

    @property
    def expires_at(self) -> datetime | None:
        return self.authentication.session_timeout


@lru_cache(maxsize=4096)
def parse_date(text: str) -> date:
    """Read `MM/DD/YYYY`, `YYYY-MM-DD` or the day of a date-time. Raises ValueError for anything else."""
    text = text.strip()
    if us_date := _US_DATE.match(text):
        month, day, year = us_date.groups()
        return date(int(year), int(month), int(day))
    if _ISO_DATE.match(text):
        return date.fromisoformat(text)
    return parse_datetime(text).date()


def parse_datetime(text: str) -> datetime:
    """Read `MM/DD/YYYY HH:MM:SS` or ISO 8601. Naive unless the text carries an offset or `Z`; a bare day is midnight.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if moment := _US_DATETIME.match(text):
        day, hour, minute, second = moment.groups()
        on = parse_date(day)
        # Intacct's date-times carry no zone; the caller knows the company's.
        return datetime(on.year, on.month, on.day, int(hour), int(minute), int(second or 0))  # noqa: DTZ001
    if us_date := _US_DATE.match(text):
        month, day, year = us_date.groups()
        return datetime(int(year), int(month), int(day))  # noqa: DTZ001 - see above
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not a date or time of Intacct: {text[:40]!r}") from None


def format_date(day: date) -> str:
    """Write a day as Intacct's filters want it: `MM/DD/YYYY`."""
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def format_datetime(moment: datetime) -> str:
    """Write a moment, in the zone of the company, as Intacct's filters want it: `MM/DD/YYYY HH:MM:SS`."""
    return f"{format_date(moment)} {moment.hour:02}:{moment.minute:02}:{moment.second:02}"


def first_text(row: Mapping[str, str | None], *names: str) -> str:
    """Return the first of the named fields that has text, else an empty text."""
    return next((text for name in names if (text := row.get(name))), "")
