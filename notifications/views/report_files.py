"""Report files that were too large to mail: behind a signed link that ends, and behind the sign-in.

The signature names the one file and the last day; the sign-in and the right to view reports make a forwarded mail
worthless to others.
"""

import logging

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intacct_usage.lib.access import Right, require
from notifications.report_links import LinkError, LinkExpiredError, verify_report_link

logger = logging.getLogger(__name__)


@require(Right.VIEW_REPORTS)
@require_safe
def report_file(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        stored = verify_report_link(token)
        file = stored.location.open("rb")
    except LinkError as refusal:
        return _refuse(request, refusal.message, status=410 if isinstance(refusal, LinkExpiredError) else 404)
    except OSError:
        return _refuse(request, "The file of this link is gone. Download the report under Reports.", status=410)
    logger.info("%s downloaded %s by a link.", request.user.get_username(), stored.file_name)
    return FileResponse(
        file,
        as_attachment=True,
        filename=stored.file_name,
        content_type=stored.attachment().mime_type,
        headers={"Cache-Control": "no-store"},
    )


def _refuse(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    return render(request, "notifications/link_refused.html", {"message": message}, status=status)
