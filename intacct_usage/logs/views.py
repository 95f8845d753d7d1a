"""The Logs tab: the page, the lines that follow, the download."""

import logging
from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, require
from intacct_usage.lib.demo_data import demo_part
from intacct_usage.logs.filters import LogFilterForm
from intacct_usage.logs.formatters import as_json, as_text
from intacct_usage.logs.models import LogEntry
from intacct_usage.logs.paging import PAGE_SIZE, Position, all_of, newer_than, newest_id, page_at
from intacct_usage.logs.records import LARGEST_ID, LogLine

logger = logging.getLogger(__name__)

NO_CONTENT = 204
FORMATS: dict[str, tuple[str, Callable[[LogLine], str]]] = {
    "txt": ("text/plain; charset=utf-8", as_text),
    "jsonl": ("application/x-ndjson", as_json),
}


@require(Right.VIEW_LOGS)
@require_safe
def logs(request: HttpRequest) -> HttpResponse:
    """The newest lines that pass the filters, or the page that `before`, `after` or `around` (an id) asks for."""
    form = LogFilterForm(request.GET)
    entries = form.entries()
    position = Position(_id(request, "before"), _id(request, "after"), _id(request, "around"))
    since = newest_id()
    page = page_at(entries, position)
    context = {
        "form": form,
        "page": page,
        "term": form.term if form.is_valid() else "",
        "around": position.around,
        "is_newest": position == Position() and form.is_valid(),
        "since": max(since, page.last_id),
        "is_empty": since == 0,
    }
    return render(request, "logs/logs.html", context)


@require(Right.VIEW_LOGS)
@require_safe
def lines(request: HttpRequest) -> HttpResponse:
    """For follow mode: lines stored since the id `since`, and from where to ask next; 204 if nothing was stored."""
    form, since = LogFilterForm(request.GET), _id(request, "since")
    if since is None or not form.is_valid():
        raise BadRequest("A filter of this address is not understood.")
    newest = newest_id()
    if newest <= since:
        return HttpResponse(status=NO_CONTENT)
    entries = newer_than(form.entries(), since)
    is_all = len(entries) < PAGE_SIZE
    context = {
        "form": form,
        "entries": entries,
        "term": form.term,
        "since": max(newest, entries[-1].pk if entries else 0) if is_all else entries[-1].pk,
    }
    return render(request, "logs/new_lines.html", context)


@require(Right.VIEW_LOGS)
@require_safe
def download(request: HttpRequest, extension: str) -> StreamingHttpResponse:
    """Every line that passes the filters, the oldest first, as text or as JSON lines; times are UTC."""
    form = LogFilterForm(request.GET)
    if not form.is_valid():
        raise BadRequest("A filter of this address is not understood.")
    content_type, write = FORMATS[extension]
    logger.info("%s downloaded the log (%s)", request.user.get_username(), form.query or "all of it")
    response = StreamingHttpResponse(_written(all_of(form.entries()), write), content_type=content_type)
    name = f"intacct-usage-log-{timezone.localtime(clock.now()):%Y%m%d-%H%M}{demo_part()}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _written(entries: Iterator[LogEntry], write: Callable[[LogLine], str]) -> Iterator[str]:
    for entry in entries:
        yield write(entry.line) + "\n"


def _id(request: HttpRequest, name: str) -> int | None:
    """An id of the address; None if it is absent. Raises BadRequest for anything else."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID):
        raise BadRequest("An id of this address is not understood.")
    return int(text)
