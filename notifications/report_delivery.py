"""Makes the reports of one request once and queues one mail per email configuration."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import Change, record
from intacct_usage.lib import clock
from intacct_usage.lib.demo_data import is_demo
from notifications.models import EmailConfiguration, OutgoingEmail
from notifications.outbox import EmailDraft, new_request_key, queue_report_email, refuse_too_many_requests
from notifications.recipients import clean_header_text
from notifications.report_files import StoredFile, new_folder
from notifications.report_mail import SUBJECT_LIMIT, fill_subject
from notifications.usage_chart import chart_figures
from usage.reports.about import in_words
from usage.reports.figures import SummaryFigures, summary_figures
from usage.reports.file_names import report_file_name
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ReportScope
from usage.reports.writing import row_count, write_report

# Measured on detailed reports; the others have shorter rows and are small anyway.
NOTHING_TO_TELL = "Not sent: the reports hold no records, no company failed, and the schedule skips empty reports."
BYTES_EMPTY_AND_PER_ROW = {ReportFormat.CSV: (250, 220), ReportFormat.XLSX: (9000, 50)}


@dataclass(frozen=True)
class ReportMailing:
    """What to send. `kinds` empty sends the summary in the body alone.

    `key` is the part of the dedupe key that is the same for all configurations: an occurrence's, or a new one.
    `problem` is what went wrong with the run, in a sentence; it stands in the first line of the mail. `status` is the
    run's result in a few words, for the subject. `skip_empty` sends nothing when there is nothing to tell.
    """

    kinds: Sequence[ReportKind]
    report_format: ReportFormat
    scope: ReportScope
    asked_by: str
    note: str = ""
    key: str = field(default_factory=new_request_key)
    schedule_name: str = ""
    run_id: int | None = None
    subject_template: str = ""
    status: str = ""
    problem: str = ""
    skip_empty: bool = False

    def dedupe_key(self, configuration: EmailConfiguration) -> str:
        return f"{self.key}:{configuration.pk}"


def send_reports(
    configurations: Iterable[EmailConfiguration],
    kinds: Sequence[ReportKind],
    report_format: ReportFormat,
    scope: ReportScope,
    *,
    asked_by: str,
    note: str = "",
) -> list[OutgoingEmail]:
    """Queue reports that a person asked for, one mail per configuration. `deliver` sends them.

    Raises TooManyRequestsError.
    """
    refuse_too_many_requests(asked_by)
    configurations = list(configurations)
    to = {one.name: one.recipients.addresses for one in configurations}
    what = ", ".join(kind.label for kind in kinds)
    record(asked_by, Action.REPORTS_SENT, target=what, change=Change(after={"sent to": to}))
    return queue_reports(configurations, ReportMailing(kinds, report_format, scope, asked_by, note))


@dataclass(frozen=True)
class MadeReports:
    """What all mails of one mailing share: the figures in their text, the subject and the files."""

    content: dict[str, Any]  # Any: JSON for a template
    subject: str
    files: list[StoredFile]
    skip_reason: str = ""


def queue_reports(configurations: Iterable[EmailConfiguration], mailing: ReportMailing) -> list[OutgoingEmail]:
    """One mail per configuration, all with the same files. Safe to repeat: what is queued already is left alone."""
    wanted = list(configurations)
    keys = {mailing.dedupe_key(configuration): configuration for configuration in wanted}
    present = {email.dedupe_key: email for email in OutgoingEmail.objects.filter(dedupe_key__in=keys)}
    missing = [configuration for key, configuration in keys.items() if key not in present]
    if missing:
        made = make_reports(mailing)
        present |= {email.dedupe_key: email for email in queue_made_reports(missing, mailing, made)}
    return [present[key] for key in keys]


def make_reports(mailing: ReportMailing) -> MadeReports:
    """Write the files and work out the figures. May take minutes, so outside of any transaction."""
    figures = summary_figures(mailing.scope, clock.today())
    if mailing.skip_empty and not mailing.problem and _is_empty(figures):
        return MadeReports(report_content(mailing, figures), _subject(mailing), [], NOTHING_TO_TELL)
    return MadeReports(report_content(mailing, figures), _subject(mailing), _write_files(mailing))


def queue_made_reports(
    configurations: Iterable[EmailConfiguration], mailing: ReportMailing, made: MadeReports
) -> list[OutgoingEmail]:
    """Write the mails, one per configuration: quick, so inside the transaction of whoever decides to send them."""
    return [
        queue_report_email(
            configuration, _draft(mailing, mailing.dedupe_key(configuration), made), skip_reason=made.skip_reason
        )
        for configuration in configurations
    ]


def _is_empty(figures: SummaryFigures) -> bool:
    """No records, and no reason to doubt that there are none."""
    companies = figures.companies
    return not (figures.totals.records or companies.failing or companies.never_fetched)


def preview(mailing: ReportMailing) -> tuple[str, dict[str, Any]]:  # Any: JSON for a template
    """Subject and content of the mail as they would be now, without making files."""
    figures = summary_figures(mailing.scope, clock.today())
    return _subject(mailing), report_content(mailing, figures)


def estimated_sizes(mailing: ReportMailing) -> dict[ReportKind, int]:
    """About how many bytes each report will have, from its number of rows; for a preview, without making files."""
    empty, per_row = BYTES_EMPTY_AND_PER_ROW[mailing.report_format]
    return {kind: empty + per_row * row_count(kind, mailing.scope) for kind in mailing.kinds}


def _write_files(mailing: ReportMailing) -> list[StoredFile]:
    if not mailing.kinds:
        return []
    folder, now, today = new_folder(), clock.now(), clock.today()
    files = []
    for kind in mailing.kinds:
        path = folder / report_file_name(kind, mailing.report_format, mailing.scope, today)
        report = write_report(kind, mailing.report_format, mailing.scope, path, generated_at=now)
        files.append(StoredFile.of_report(report))
    return files


def _draft(mailing: ReportMailing, key: str, made: MadeReports) -> EmailDraft:
    return EmailDraft(
        dedupe_key=key,
        kind=OutgoingEmail.Kind.REPORT,
        subject=made.subject,
        content=made.content,
        attachments=[stored.as_json() for stored in made.files],
        asked_by=mailing.asked_by,
        note=mailing.note,
        schedule_name=mailing.schedule_name,
        run_id=mailing.run_id,
    )


def _subject(mailing: ReportMailing) -> str:
    values = {
        "schedule": mailing.schedule_name,
        "filter": mailing.scope.filter_name,
        "period": mailing.scope.period.label,
        "date": clock.today().isoformat(),
        "status": mailing.status,
    }
    subject = fill_subject(mailing.subject_template, values)
    if mailing.problem and mailing.status not in subject:
        subject = f"{mailing.status}: {subject}"
    return clean_header_text(subject, limit=SUBJECT_LIMIT)


def report_content(mailing: ReportMailing, figures: SummaryFigures) -> dict[str, Any]:  # Any: JSON for a template
    """What the report mail says, as JSON: fixed when the mail is queued, so that sending again sends the same."""
    return {
        "title": "Intacct API usage",
        "problem": mailing.problem,
        "note": mailing.note,
        "schedule_name": mailing.schedule_name,
        "filter_name": figures.filter_name,
        "period": figures.period.label,
        "demo": is_demo(),
        "figures": _figure_lines(figures),
        "filters": [
            {
                "name": group.name,
                "companies": intcomma(group.companies),
                "records": intcomma(group.records),
                "transactions": intcomma(group.transactions),
            }
            for group in figures.filters
        ],
        "totals": {
            "companies": intcomma(sum(group.companies for group in figures.filters)),
            "records": intcomma(figures.totals.records),
            "transactions": intcomma(figures.totals.transactions),
        },
        "coverage": figures.coverage_statement,
        "incomplete": figures.incomplete_companies,
        "data_as_of": in_words(figures.data_as_of) if figures.data_as_of else "nothing has been fetched yet",
        "chart": chart_figures(mailing.scope, clock.today()),
        "site_url": settings.SITE_URL,
        "made_at": in_words(timezone.now()),
    }


def _figure_lines(figures: SummaryFigures) -> list[dict[str, Any]]:  # Any: JSON for a template
    """The first is the headline; `bad` marks what somebody has to look at."""
    companies = figures.companies
    lines: list[tuple[str, int, dict[str, Any]]] = [  # Any: JSON for a template
        ("Transactions in the period", figures.totals.transactions, {}),
        ("Transactions this month so far", figures.month_to_date, {"remark": change_in_words(figures)}),
        ("Last month up to the same day", figures.last_month_to_same_day, {}),
        ("Last month in full", figures.last_month, {}),
        ("Companies in the list", companies.total, {}),
        ("Companies that failed", companies.failing, {"bad": companies.failing > 0}),
        ("Companies without data in the period", companies.no_data, {}),
        ("Companies never fetched", companies.never_fetched, {"bad": companies.never_fetched > 0}),
        ("Companies skipped", companies.skipped, {}),
    ]
    return [{"label": label, "value": intcomma(value)} | more for label, value, more in lines]


def change_in_words(figures: SummaryFigures) -> str:
    """This month so far against last month up to the same day; empty without anything to compare with."""
    before, now = figures.last_month_to_same_day, figures.month_to_date
    if not before:
        return ""
    if now == before:
        return "as many as last month up to the same day"
    percent = abs(now - before) / before * 100
    amount = "less than 0.1" if percent < 0.1 else f"{percent:,.1f}"
    return f"{amount} % {'more' if now > before else 'fewer'} than last month up to the same day"
