"""Fetches one company's window from Intacct. Network only: no database, so that threads can run it."""

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from usage.gateway.client import CompanyConnection, GatewayClient
from usage.gateway.errors import ErrorFamily, GatewayError
from usage.gateway.filters import Filter, Order, all_of, at_least
from usage.gateway.objects import MAX_PAGE_SIZE, REQUIRED_USAGE_FIELDS, USAGE_FIELDS, USAGE_OBJECT, Page
from usage.models import FetchRun
from usage.records.usage_rows import RowFormatError
from usage.records.window_reading import DataChangedError, PageRequest, WindowReader, WindowRows
from usage.records.windows import FetchWindow

logger = logging.getLogger(__name__)


DISK_ERRORS = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS})


class StoppedError(Exception):
    """Somebody asked the run to stop, or the worker is going down; nothing is wrong with the company."""


@dataclass(frozen=True, slots=True)
class FetchJob:
    """Everything one thread needs to know to fetch one company."""

    run_id: int
    fetch_id: int
    company_id: int
    intacct_id: str
    mode: str
    window: FetchWindow
    unreadable_fields: tuple[str, ...] = ()
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """Why a company could not be fetched, in words and for statistics."""

    family: str
    error_number: str
    text: str
    message: str
    credential_class: bool = False
    stops_run: bool = False
    connection_fault: bool = False


@dataclass(frozen=True, slots=True)
class SignIn:
    """Who signs in to every company."""

    user_id: str
    user_password: str = field(repr=False)


class UnknownShapeError(RowFormatError):
    """The usage object of this company lacks something that every record needs."""


class CompanyUsage:
    """One company's usage object over one connection; drops the fields this company refuses."""

    def __init__(
        self, connection: CompanyConnection, unreadable_fields: tuple[str, ...], page_size: int = MAX_PAGE_SIZE
    ) -> None:
        self._connection = connection
        self._page_size = page_size
        connection.unreadable_fields = frozenset(unreadable_fields)

    @property
    def unreadable_fields(self) -> frozenset[str]:
        """What this company refused, now or in an earlier run; the connection adds to it while it reads."""
        return self._connection.unreadable_fields

    @property
    def fields(self) -> list[str]:
        return [name for name in USAGE_FIELDS if name not in self.unreadable_fields]

    @property
    def requests_sent(self) -> int:
        return self._connection.requests_sent

    def sign_in(self) -> None:
        self._connection.sign_in()

    def read_window(self, since_day: date | None) -> WindowRows:
        """All rows from a day on; the caller closes them. Raises GatewayError, DataChangedError or RowFormatError."""
        try:
            return self._read(since_day)
        except GatewayError as error:
            refused = frozenset(error.unreadable_fields) & frozenset(self.fields)
            if error.family is not ErrorFamily.FIELDS or not refused:
                raise
            # The connection leaves out what a query can do without; these it sorts or filters by.
            self._connection.unreadable_fields |= refused
            self._refuse_unknown_shape()
        return self._read(since_day)

    def _read(self, since_day: date | None) -> WindowRows:
        return WindowReader(
            self._read_page,
            since_day=since_day,
            has_time="CREATED_TIME" in self.fields,
            sent_control_ids=lambda: self._connection.control_ids,
            page_size=self._page_size,
        ).read()

    def _read_page(self, request: PageRequest) -> Page:
        filters: list[Filter] = []
        day_field = "CREATED_DATE" if "CREATED_DATE" in self.fields else "CREATED_TIME"
        if request.since_day is not None:
            filters.append(at_least(day_field, request.since_day))
        if request.since_time is not None:
            filters.append(at_least("CREATED_TIME", datetime.fromisoformat(request.since_time)))
        order = [name for name in ("CREATED_TIME", "CREATED_DATE") if name in self.fields][:1]
        return self._connection.query(
            USAGE_OBJECT,
            self.fields,
            filters=all_of(*filters) if filters else None,
            order_by=[Order(name) for name in (*order, "RECORDNO")],
            page_size=request.page_size,
            offset=request.offset,
        )

    def _refuse_unknown_shape(self) -> None:
        missing = REQUIRED_USAGE_FIELDS & self.unreadable_fields
        if missing or {"CREATED_DATE", "CREATED_TIME"} <= self.unreadable_fields:
            names = ", ".join(sorted(missing)) or "CREATED_DATE and CREATED_TIME"
            readable = ", ".join(self.fields)
            raise UnknownShapeError(
                f"The usage object has an unknown shape in this company: {names} cannot be read "
                f"(readable: {readable}). "
                "Ask the company's administrator to let the user read the API usage object."
            )


def company_usage(
    job: FetchJob, client: GatewayClient, sign_in: SignIn, *, wait: Callable[[float], None]
) -> CompanyUsage:
    """The company's usage object, not signed in to yet.

    `wait` pauses for seconds between tries and raises StoppedError when the run is to stop.
    """
    connection = CompanyConnection(
        client,
        company_id=job.intacct_id,
        user_id=sign_in.user_id,
        user_password=sign_in.user_password,
        control_id_prefix=f"usage-{job.run_id}-{job.fetch_id}-{job.attempt}",
        wait=wait,
    )
    return CompanyUsage(connection, job.unreadable_fields)


def log_start(job: FetchJob) -> None:
    extra = {"company_id": job.company_id, "company": job.intacct_id, "run_id": job.run_id}
    if job.mode == FetchRun.Mode.FULL_REFRESH:
        logger.info("[%s] Full refresh (everything Intacct keeps)", job.intacct_id, extra=extra)
    elif job.window.start is None:
        logger.info("[%s] Initial fetch (no existing data)", job.intacct_id, extra=extra)
    else:
        logger.info("[%s] Top-up from %s", job.intacct_id, job.window.start, extra=extra)


def describe_failure(error: Exception) -> FetchFailure:
    """The failure as it is stored and shown. Errors without words of their own are told as a defect of this program."""
    if isinstance(error, GatewayError):
        return FetchFailure(
            family=error.family,
            error_number=error.errorno,
            text=error.text,
            message=error.message,
            credential_class=error.credential_class,
            stops_run=error.stops_run,
            connection_fault=error.connection_fault,
        )
    if isinstance(error, DataChangedError):
        return FetchFailure(ErrorFamily.DATA_CHANGED, "", error.message, error.message)
    if isinstance(error, RowFormatError):
        family = ErrorFamily.FIELDS if isinstance(error, UnknownShapeError) else ErrorFamily.UNEXPECTED_ANSWER
        return FetchFailure(family, "", error.message, error.message)
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        message = (
            f"The rows could not be put aside while they were read ({error.strerror}). The stored records were kept. "
            "Look at the disk of the temporary files, then press Retry."
        )
        return FetchFailure(ErrorFamily.INTERNAL, "", message, message)
    message = (
        f"The fetch failed inside this program ({type(error).__name__}). The stored records were kept. "
        "The server's log holds the details."
    )
    return FetchFailure(ErrorFamily.INTERNAL, "", message, message)
