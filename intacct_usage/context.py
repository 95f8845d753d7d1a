"""What every page shows: the tabs, the zone, how old the data is, whether this is a test gateway."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from intacct_usage.lib import clock
from intacct_usage.lib.access import Right, may
from intacct_usage.lib.demo_data import is_demo
from intacct_usage.lib.disk import disk_problem
from intacct_usage.lib.stored_secrets import unreadable_secrets, warning_about
from intacct_usage.lib.version import application_version
from usage.models import FetchRun
from usage.models.company import is_stale

KEY_WARNING, KEY_WARNING_SECONDS = "key-warning", 60


@dataclass(frozen=True)
class Tab:
    """One section of the site. It is shown once its page exists and to people who may open it."""

    name: str
    url_name: str
    icon: str
    right: Right | None = None
    also: tuple[str, ...] = ()  # beginnings of further addresses that belong to this tab

    def prefixes(self, address: str) -> tuple[str, ...]:
        """How the addresses of this tab begin; the home page is no beginning of the others."""
        return self.also if address == "/" else (address, *self.also)


TABS = (
    Tab("Overview", "overview", "speedometer2", Right.VIEW_REPORTS),
    Tab("Schedules", "scheduling:schedules", "calendar3", Right.VIEW_REPORTS, ("/runs/",)),
    Tab("Reports", "usage:reports", "bar-chart-line", Right.VIEW_REPORTS, ("/companies/",)),
    Tab("Configuration", "usage:configuration", "sliders", Right.SKIP_COMPANIES),
    Tab("Notifications", "notifications:notifications", "envelope", Right.SEND_REPORTS),
    Tab("Logs", "logs:logs", "journal-text", Right.VIEW_LOGS),
    Tab("Guide", "guide", "book"),
    Tab("About", "about", "info-circle"),
)


def shell(request: HttpRequest) -> dict[str, Any]:  # Any: template context
    """Context processor of the shell around every page. One query, for the age of the data."""
    signed_in = request.user.is_authenticated
    data_as_of = last_success_at() if signed_in else None
    return {
        "tabs": _tabs(request) if signed_in else [],
        "zone_name": settings.TIME_ZONE,
        "is_demo": is_demo(),
        "key_warning": key_warning() if signed_in else "",
        "disk_warning": disk_problem() if signed_in else "",
        "product_version": application_version(),
        "data_as_of": data_as_of,
        "data_is_stale": is_stale(data_as_of, clock.now()),
    }


def key_warning() -> str:
    """What cannot be read with the present ENCRYPTION_KEY; empty if all is well. Looked up once a minute."""
    warning = cache.get_or_set(KEY_WARNING, lambda: warning_about(unreadable_secrets()), KEY_WARNING_SECONDS)
    return str(warning or "")


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:  # Any: template context
    shown = []
    for tab in TABS:
        address = _address(tab.url_name)
        if address and (tab.right is None or may(request.user, tab.right)):
            current = request.path == address or request.path.startswith(tab.prefixes(address))
            shown.append({"name": tab.name, "address": address, "icon": tab.icon, "current": current})
    return shown


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def last_success_at() -> datetime | None:
    """When a fetch run last ended well; None before the first."""
    ended = FetchRun.objects.filter(status=FetchRun.Status.SUCCESS, finished_at__isnull=False)
    return ended.values_list("finished_at", flat=True).first()
