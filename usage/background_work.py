"""What background jobs do: removals and restorations of many companies, and large reports."""

import shutil
import time
import uuid
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from intacct_usage.lib import clock
from intacct_usage.lib.plurals import counted
from usage.background_jobs import JobRefusedError, Progress, Work, ask_for_job
from usage.companies.actions import CompanyActionError
from usage.companies.archived_batches import restorable, restore_batch, restore_company
from usage.companies.removal import (
    RESTORABLE_DAYS,
    Removal,
    clear_all,
    refuse_during_run,
    remove_with_data,
)
from usage.models import BackgroundJob, Company, QueryFilter
from usage.periods import ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportOrder, ReportScope, report_file_name, write_order

KEEP_HOURS: Final = 48
FILTER_GONE: Final = "Its query filter was removed meanwhile, so the report was not made."
Kind = BackgroundJob.Kind


def ask_for_report(
    kind: ReportKind, report_format: ReportFormat, scope: ReportScope, *, asked_by: str, rows: int
) -> BackgroundJob:
    """Have the worker make a report that is too large for a page."""
    first, last = scope.period.first_day, scope.period.last_day
    parameters = {
        "report": kind.value,
        "format": report_format.value,
        "filter": scope.query_filter.pk if scope.query_filter else None,
        "other_only": scope.other_only,
        "first": first.isoformat() if first else "",
        "last": last.isoformat() if last else "",
    }
    return ask_for_job(Kind.REPORT, parameters, asked_by=asked_by, total=rows)


def ask_for_company_job(
    kind: BackgroundJob.Kind, companies: Sequence[int], *, asked_by: str, archived_at: datetime | None = None
) -> BackgroundJob:
    """Have the worker remove or bring back many companies, or only what left at `archived_at`.

    Raises CompanyActionError during a run or another such job.
    """
    refuse_during_run("Data can be restored" if kind == Kind.RESTORE else "Data can be removed")
    ahead = BackgroundJob.objects.open().exclude(kind=Kind.REPORT).first()
    if ahead is not None:
        raise CompanyActionError(f"The worker is still at what {ahead.asked_by} asked for: {ahead.get_kind_display()}.")
    parameters: dict[str, Any] = {} if kind == Kind.CLEAR_ALL else {"companies": list(companies)}  # Any: JSON
    if archived_at is not None:
        parameters["archived_at"] = archived_at.isoformat()
    elif kind == Kind.RESTORE:
        off_list = set(Company.objects.exclude(removed_before=None).values_list("pk", flat=True))
        parameters["left_before"] = sorted(off_list.intersection(companies))
    return ask_for_job(kind, parameters, asked_by=asked_by, total=len(companies))


def scope_of(job: BackgroundJob) -> ReportScope:
    """Raises JobRefusedError when its query filter is gone."""
    asked = job.parameters
    query_filter = None
    if asked["filter"] is not None:
        query_filter = QueryFilter.objects.filter(pk=asked["filter"]).first()
        if query_filter is None:
            raise JobRefusedError(FILTER_GONE)
    first, last = (date.fromisoformat(asked[end]) if asked[end] else None for end in ("first", "last"))
    return ReportScope(query_filter, ReportPeriod(first, last), other_only=asked["other_only"])


def made_reports_folder() -> Path:
    """Where made reports wait to be fetched; readable by this program's user alone."""
    folder = Path(settings.DATA_DIR) / "made-reports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def made_file(job: BackgroundJob) -> Path | None:
    """The file of a job, if it is (still) there."""
    path = made_reports_folder() / job.file
    return path if job.file and path.is_file() else None


def remove_old_made_reports() -> int:
    """Remove the files that waited for more than two days; how many."""
    oldest = time.time() - KEEP_HOURS * 60 * 60
    old = [one for one in made_reports_folder().iterdir() if one.is_dir() and one.stat().st_mtime < oldest]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _make_report(job: BackgroundJob, progress: Progress) -> str:
    kind, report_format = ReportKind(job.parameters["report"]), ReportFormat(job.parameters["format"])
    scope = scope_of(job)
    folder = made_reports_folder() / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
    path = folder / report_file_name(kind, report_format, scope, clock.today())
    try:
        made = write_order(
            ReportOrder(kind, report_format, scope, clock.now()),
            path,
            progress=lambda rows: progress(rows, max(job.total, rows + 1)),
        )
        progress(made.rows, made.rows)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    job.file, job.file_bytes = f"{folder.name}/{path.name}", made.size_bytes
    return f"{made.rows:,} rows."


def _clear_all(job: BackgroundJob, progress: Progress) -> str:
    return _removed(clear_all(by=job.asked_by, on_progress=progress))


def _remove(job: BackgroundJob, progress: Progress) -> str:
    companies = Company.objects.filter(pk__in=job.parameters["companies"], removed_at=None)
    return _removed(remove_with_data(companies, by=job.asked_by, on_progress=progress))


def _removed(removal: Removal) -> str:
    return f"{removal.said} They can be restored for {RESTORABLE_DAYS} days."


def _restore(job: BackgroundJob, progress: Progress) -> str:
    pks, records = job.parameters["companies"], 0
    if "archived_at" in job.parameters:
        company = Company.objects.get(pk=pks[0])
        records = restore_batch(company, datetime.fromisoformat(job.parameters["archived_at"]))
        return f"Restored {counted(records, 'record')} of {company}."
    left_before = set(job.parameters.get("left_before", ()))
    for done, pk in enumerate(pks, start=1):
        company = Company.objects.get(pk=pk)
        was_brought_back = pk in left_before and company.removed_before is None
        if restorable().filter(pk=pk).exists() and not was_brought_back:  # else an earlier attempt did
            records += restore_company(company)
        progress(done, len(pks))
    return f"Restored {counted(len(pks), 'company', 'companies')} and {counted(records, 'record')}."


WORKS: dict[str, Work] = {
    Kind.REPORT: _make_report,
    Kind.CLEAR_ALL: _clear_all,
    Kind.REMOVE: _remove,
    Kind.RESTORE: _restore,
}
