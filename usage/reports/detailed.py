"""Detailed: every usage record, ordered by company ID, created date, created time, record number."""

from collections.abc import Iterator, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func
from django.db.models.functions import Length
from django.db.models.sql.compiler import SQLCompiler

from usage.models import CallSignature, UsageRecord
from usage.reports.company_lines import CompanyLine, company_lines
from usage.reports.scope import ReportScope
from usage.reports.tables import COMPANY_COLUMNS, Column, ColumnKind, Row, Table
from usage.reports.totals import records_by_company, total_records

COLUMNS = (
    *COMPANY_COLUMNS,
    Column("Partner", ColumnKind.SHARED_TEXT, 22),
    Column("User", ColumnKind.SHARED_TEXT, 22),
    Column("Client Type", ColumnKind.SHARED_TEXT, 14),
    Column("Function", ColumnKind.SHARED_TEXT, 22),
    Column("Transactions", ColumnKind.NUMBER, 13),
    Column("Status", ColumnKind.SHARED_TEXT, 12),
    Column("Created Date", ColumnKind.DATE, 13),
    Column("Created Time", ColumnKind.CLOCK, 20),
    Column("Record No", ColumnKind.TEXT, 14),
    Column("Control ID", ColumnKind.TEXT, 26),
    Column("Document Control ID", ColumnKind.TEXT, 26),
    Column("Policy ID", ColumnKind.SHARED_TEXT, 16),
    Column("DTD Version", ColumnKind.SHARED_TEXT, 12),
)
RECORDS_PER_BATCH = 10_000
COMPANIES_PER_BATCH = 500

Signature = tuple[str, str, str, str, str, str, str]
SIGNATURE_FIELDS = ("sender__sender_id", "user", "client_type", "function", "status", "policy_id", "dtd_version")


def detailed_table(scope: ReportScope) -> Table:
    return Table(COLUMNS, _rows(scope))


def detailed_count(scope: ReportScope) -> int:
    """From the totals: counting records would read them all."""
    return total_records(scope)


class IsoText(Func):
    """A date or clock reading as the first `characters` of YYYY-MM-DD HH:MM:SS, formatted by the database."""

    output_field = CharField()
    arity = 1
    template = "SUBSTR(%(expressions)s, 1, %(characters)d)"  # SQLite keeps both as such text

    def __init__(self, expression: F, *, characters: int) -> None:
        super().__init__(expression, characters=characters)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Sequence[object]]:
        template = "LEFT(TO_CHAR(%(expressions)s, 'YYYY-MM-DD HH24:MI:SS'), %(characters)d)"
        return self.as_sql(compiler, connection, template=template)


class _Signatures(dict[int, Signature]):
    """All signatures, read once; one that a fetch adds meanwhile is read when it is met."""

    def __init__(self) -> None:
        rows = CallSignature.objects.values_list("pk", *SIGNATURE_FIELDS)
        super().__init__((row[0], row[1:]) for row in rows.iterator(chunk_size=5000))

    def __missing__(self, pk: int) -> Signature:
        signature: Signature = CallSignature.objects.values_list(*SIGNATURE_FIELDS).get(pk=pk)
        self[pk] = signature
        return signature


def _rows(scope: ReportScope) -> Iterator[Row]:
    lines = company_lines(scope)
    signatures = _Signatures()
    for batch in _batches(lines, records_by_company(scope)):
        companies = {line.pk: line.cells for line in batch}
        for company, signature, day, clock, record_no, transactions, control, document in _records(scope, batch):
            partner, user, client, function, status, policy, dtd = signatures[signature]
            call = (partner, user, client, function, transactions, status)
            yield (*companies[company], *call, day, clock, record_no, control, document, policy, dtd)


def _batches(lines: list[CompanyLine], counts: dict[int, int]) -> Iterator[list[CompanyLine]]:
    """Companies in order, so many at once as hold few records together; a company of many records is alone."""
    batch: list[CompanyLine] = []
    records = 0
    for line in lines:
        count = counts.get(line.pk, 0)
        if batch and (records + count > RECORDS_PER_BATCH or len(batch) == COMPANIES_PER_BATCH):
            yield batch
            batch, records = [], 0
        batch.append(line)
        records += count
    if batch:
        yield batch


def _records(scope: ReportScope, batch: list[CompanyLine]) -> Iterator[tuple]:  # type: ignore[type-arg] # a database row
    """Records of the batch in the report's order. One company is streamed, several are few enough to sort here."""
    order = ("created_on", F("created_time").asc(nulls_first=True), Length("record_no"), "record_no")
    records = UsageRecord.objects.filter(scope.days("created_on")).values_list(
        "company_id",
        "signature_id",
        IsoText(F("created_on"), characters=10),
        IsoText(F("created_time"), characters=19),
        "record_no",
        "transactions",
        "control_id",
        "document_control_id",
    )
    if len(batch) == 1:
        yield from records.filter(company=batch[0].pk).order_by(*order).iterator(chunk_size=2000)
        return
    rank = {line.pk: position for position, line in enumerate(batch)}
    rows = list(records.filter(company__in=list(rank)).order_by("company_id", *order))
    rows.sort(key=lambda row: rank[row[0]])
    yield from rows
