"""What the API takes and gives. Field names are a promise: within v1 fields are added, never renamed or removed.

Times are ISO 8601 in UTC; days are Intacct's own calendar days, as everywhere in the product.
"""

from datetime import date, datetime
from typing import Literal

from ninja import Field, Schema

from intacct_usage.api.paging import PageQuery, Text
from notifications.models import OutgoingEmail
from usage.models import Company, CompanyFetch, FetchRun

HEALTHS = Literal["", "unknown", "healthy", "no_data", "failing"]
PRESETS = Literal["", "this-month", "last-month", "last-3-months", "last-12-months", "all"]
RUN_STATUSES = Literal["", "queued", "running", "success", "error", "stopped"]
FETCH_STATUSES = Literal["", "pending", "running", "done", "failed", "stopped"]
DELIVERY_STATES = Literal["", "pending", "sending", "sent", "partial", "failed", "unknown", "skipped"]


PROBLEMS = frozenset({400, 401, 403, 404, 422, 429})


class Problem(Schema):
    error: str = Field(description="What is wrong, in a sentence.")
    fields: dict[str, str] = Field({}, description="For a parameter that is not valid: its name and what is wrong.")


class CompanyQuery(PageQuery):
    filter: Text = Field("", description="Name of a query filter, or Other; empty for all.")
    health: HEALTHS = ""
    skipped: bool | None = Field(None, description="true: only skipped companies; false: only the others.")


class UsageQuery(PageQuery):
    """The filters of the Reports page."""

    filter: Text = Field("", description="Name of a query filter, or Other; empty for all.")
    first_day: date | None = Field(None, alias="from", description="First day, included.")
    last_day: date | None = Field(None, alias="to", description="Last day, included.")
    complete_months: bool = Field(False, description="Leave out the running month.")
    preset: PRESETS = Field("", description="A ready-made period, used when neither from nor to is given.")
    company: Text = Field("", description="Company ID, in upper or lower case; empty for all.")


class RunQuery(PageQuery):
    status: RUN_STATUSES = ""


class RunCompanyQuery(PageQuery):
    status: FETCH_STATUSES = ""


class DeliveryQuery(PageQuery):
    state: DELIVERY_STATES = ""
    run: int | None = Field(None, ge=1, lt=2**63, description="Only deliveries of this fetch run.")


class CompanyOut(Schema):
    company_id: str
    name: str
    sage_account_number: str
    reseller: str
    filter: str
    skipped: bool
    skip_reason: str
    health: str
    last_success_at: datetime | None
    last_attempt_at: datetime | None
    failing_since: datetime | None
    error_number: str
    error_text: str

    @classmethod
    def of(cls, company: Company) -> "CompanyOut":
        return cls(
            company_id=company.intacct_id,
            name=company.name,
            sage_account_number=company.sage_account_number,
            reseller=company.reseller,
            filter=company.filter_name,
            skipped=company.is_skipped,
            skip_reason=company.skip_reason,
            health=company.health,
            last_success_at=company.last_success_at,
            last_attempt_at=company.last_attempt_at,
            failing_since=company.failing_since,
            error_number=company.error_number,
            error_text=company.error_text,
        )


class PartnerUsage(Schema):
    partner: str = Field(description="Sender ID of the application that made the calls.")
    records: int
    transactions: int


class DayOut(Schema):
    company_id: str
    day: date
    state: str = Field(description="fetched, empty, provisional (not over yet), failed or lost.")
    records: int
    transactions: int
    partners: list[PartnerUsage]


class MonthOut(Schema):
    company_id: str
    month: str = Field(description="YYYY-MM")
    first_day: date = Field(description="The first day that is counted: later than the 1st if the range begins later.")
    last_day: date
    records: int
    transactions: int
    partners: list[PartnerUsage]


class RunOut(Schema):
    id: int
    status: str
    message: str
    mode: str
    filter: str
    schedule: str
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    companies_total: int
    companies_done: int
    companies_failed: int
    records_inserted: int
    requests_sent: int

    @classmethod
    def of(cls, run: FetchRun) -> "RunOut":
        """`run` with its occurrence."""
        occurrence = getattr(run, "occurrence", None)  # the other side of a one-to-one: absent for a lone run
        return cls(
            id=run.pk,
            status=run.status,
            message=run.message,
            mode=run.mode,
            filter=run.filter_name,
            schedule=occurrence.schedule_name if occurrence else "",
            asked_by=run.asked_by,
            asked_at=run.asked_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            companies_total=run.companies_total,
            companies_done=run.companies_done,
            companies_failed=run.companies_failed,
            records_inserted=run.records_inserted,
            requests_sent=run.requests_sent,
        )


class RunCompanyOut(Schema):
    company_id: str
    status: str
    attempts: int
    window_start: date | None
    cleared: int
    inserted: int
    requests: int
    error_number: str
    error_text: str
    message: str
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, fetch: CompanyFetch) -> "RunCompanyOut":
        """`fetch` with its company."""
        return cls(
            company_id=fetch.company.intacct_id,
            status=fetch.status,
            attempts=fetch.attempts,
            window_start=fetch.window_start,
            cleared=fetch.cleared,
            inserted=fetch.inserted,
            requests=fetch.requests,
            error_number=fetch.error_number,
            error_text=fetch.error_text,
            message=fetch.message,
            started_at=fetch.started_at,
            finished_at=fetch.finished_at,
        )


class DeliveryOut(Schema):
    """Recipients are left out: their addresses are nobody's business but the Notifications page's."""

    id: int
    kind: str
    configuration: str
    subject: str
    state: str
    message: str
    attempts: int
    schedule: str
    run: int | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, email: OutgoingEmail) -> "DeliveryOut":
        return cls(
            id=email.pk,
            kind=email.kind,
            configuration=email.configuration_name,
            subject=email.subject,
            state=email.state,
            message=email.message,
            attempts=email.attempts,
            schedule=email.schedule_name,
            run=email.run_id,
            created_at=email.created_at,
            finished_at=email.finished_at,
        )


class ScheduleOut(Schema):
    id: int
    name: str
    enabled: bool
    timing: str
    zone: str
    filter: str
    mode: str
    next_run_at: datetime | None
    status: str = Field(description="Success, Running, Error, Stopped, Disabled or Pending.")
    status_detail: str


class Started(Schema):
    schedule: str
    run: int | None = Field(description="The fetch run that was queued; null for Reports Only.")
    message: str
