"""Who may do what: the rights, and the decorator every page carries.

Roles (which rights belong together) are in `intacct_usage.roles`; apps below the roof only name rights.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Right(StrEnum):
    """A permission as Django names it: the roof app's label and a codename."""

    VIEW_REPORTS = "intacct_usage.view_reports"
    VIEW_LOGS = "intacct_usage.view_logs"
    OPERATE_RUNS = "intacct_usage.operate_runs"
    SEND_REPORTS = "intacct_usage.send_reports"
    SKIP_COMPANIES = "intacct_usage.skip_companies"
    MANAGE_CONFIGURATION = "intacct_usage.manage_configuration"
    MANAGE_COMPANIES = "intacct_usage.manage_companies"
    MANAGE_SCHEDULES = "intacct_usage.manage_schedules"
    MANAGE_NOTIFICATIONS = "intacct_usage.manage_notifications"
    VIEW_AUDIT = "intacct_usage.view_audit"
    END_SESSIONS = "intacct_usage.end_sessions"

    @property
    def codename(self) -> str:
        return self.value.partition(".")[2]

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Right.VIEW_REPORTS: "See the overview, reports, downloads, schedules and runs",
    Right.VIEW_LOGS: "See, search and download logs",
    Right.OPERATE_RUNS: "Run now, stop, enable and disable schedules",
    Right.SEND_REPORTS: "Send reports to saved email configurations",
    Right.SKIP_COMPANIES: "Skip and unskip companies",
    Right.MANAGE_CONFIGURATION: "Change credentials, proxy, companies API and query filters",
    Right.MANAGE_COMPANIES: "Load, add, import and remove companies, Clear All",
    Right.MANAGE_SCHEDULES: "Create, edit and delete schedules",
    Right.MANAGE_NOTIFICATIONS: "Create, edit, test and delete email configurations",
    Right.VIEW_AUDIT: "See and export the audit record",
    Right.END_SESSIONS: "See who is signed in and end their sessions",
}


def may(user: AbstractBaseUser | AnonymousUser, right: Right) -> bool:
    """Whether this user has the right; False for people who are not signed in."""
    return bool(user.is_authenticated and user.is_active and getattr(user, "has_perm")(right.value))  # noqa: B009  # the two user classes share no base that declares has_perm


def require(right: Right) -> Callable[[View[P]], View[P]]:
    """Refuse a view with 403 to users without the right (people who are not signed in never reach it).

    The wrapped view carries the right as `required_right`; the access test fails on any page without one.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not may(request.user, right):
                raise PermissionDenied(f"This needs the right “{right.label}”. Ask an administrator for it.")
            return view(request, *args, **kwargs)

        guarded.required_right = right  # type: ignore[attr-defined]  # a mark for the access test
        return guarded

    return decorate
