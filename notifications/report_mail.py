"""Composes the messages of a mail from what was stored when it was queued."""

import re
from typing import Any

from django.template.loader import render_to_string

from notifications.models import EmailConfiguration, EmailPart, OutgoingEmail
from notifications.recipients import clean_header_text
from notifications.report_files import StoredFile
from notifications.report_links import VALID_DAYS, report_link
from notifications.transports.base import DeliveryError, InlineImage, PreparedMail, Stage
from notifications.usage_chart import chart_png

SUBJECT_LIMIT = 250
NUMBERING_LENGTH = len(" (100 of 100)")
DEFAULT_SUBJECT = "Intacct API usage: {schedule}, {filter}, {period}, {date}"
PLACEHOLDERS = {
    "schedule": "the schedule's name",
    "filter": "the query filter",
    "period": "the days the reports cover",
    "date": "the day the reports were made",
    "status": "the result of the run",
}
CHART_ID = "usage-chart"


def subject_problems(template: str) -> list[str]:
    """One sentence per thing in a subject template that would not be filled in."""
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", template) if name not in PLACEHOLDERS]
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    problems = [f"“{{{name}}}” is not known; use {known}." for name in dict.fromkeys(unknown)]
    if len(template) > SUBJECT_LIMIT:
        problems.append(f"At most {SUBJECT_LIMIT} characters.")
    return problems


def fill_subject(template: str, values: dict[str, str]) -> str:
    """The subject of a mail: one line, placeholders without a value are left out with their comma."""
    filled = re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template or DEFAULT_SUBJECT)
    tidy = re.sub(r"(?:,\s*){2,}", ", ", filled).replace(": ,", ":").strip(" ,:")
    return clean_header_text(tidy, limit=SUBJECT_LIMIT)


def compose(email: OutgoingEmail, part: EmailPart, configuration: EmailConfiguration) -> PreparedMail:
    """One message. Raises DeliveryError if one of its files is gone."""
    files = [StoredFile.from_json(values) for values in part.attachments]
    links = [StoredFile.from_json(values) for values in part.links]
    for stored in (*files, *links):
        if not stored.location.is_file():
            problem = f"The file {stored.file_name} is not there any more. Send the report again from the Reports tab."
            raise DeliveryError(Stage.PREPARE, problem, permanent=True)
    images = _images(email, part)
    chart_note = email.content.get("chart", {}).get("note", "")
    context = _context(email, part, files, links) | {
        "chart": bool(images),
        "chart_id": CHART_ID,
        "chart_note": chart_note,
    }
    return PreparedMail(
        message_id=part.message_id,
        sender=configuration.sender,
        recipients=email.recipients_parsed(),
        subject=_render(email, "subject.txt", context).strip(),
        text=_render(email, "body.txt", context),
        html=_render(email, "body.html", context),
        images=images,
        attachments=tuple(stored.attachment() for stored in files),
    )


def _render(email: OutgoingEmail, name: str, context: dict[str, Any]) -> str:  # Any: a template's context
    return render_to_string(f"emails/{email.kind}/{name}", context)


def _context(
    email: OutgoingEmail, part: EmailPart, files: list[StoredFile], links: list[StoredFile]
) -> dict[str, Any]:  # Any: a template's context
    content: dict[str, Any] = email.content  # Any: JSON, a template's context
    room = SUBJECT_LIMIT - (NUMBERING_LENGTH if part.count > 1 else 0)
    return content | {
        "subject": clean_header_text(email.subject, limit=room),
        "email": email,
        "part": part,
        "files": files,
        "links": [{"file": stored, "url": report_link(stored)} for stored in links],
        "link_days": VALID_DAYS,
    }


def _images(email: OutgoingEmail, part: EmailPart) -> tuple[InlineImage, ...]:
    """The usage chart, in the first message of a report mail that has figures to show."""
    months = email.content.get("chart")
    if not months or part.number > 1:
        return ()
    return (InlineImage(CHART_ID, "usage-chart.png", chart_png(months)),)
