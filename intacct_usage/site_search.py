"""What the search box of every page finds: companies, schedules, runs, query filters, email configurations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.http import urlencode

from intacct_usage.lib.access import Right, may
from notifications.models import EmailConfiguration
from scheduling.models import Schedule
from usage.forms.companies import CompanyFilterForm
from usage.models import Company, FetchRun, QueryFilter

MOST_ROWS = 10
LARGEST_ID = 2**63 - 1
RUN_NUMBER = re.compile(r"(?:run\s*)?#?(\d{1,19})", re.IGNORECASE | re.ASCII)

User = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Hit:
    """A row of the result. `name` and `about` may hold text from outside."""

    name: str
    address: str
    about: str = ""


@dataclass(frozen=True)
class Found:
    """The rows of one kind, one more than are shown; `address` leads to all where the person may see that list."""

    title: str
    icon: str
    hits: Sequence[Hit]
    address: str = ""

    @property
    def shown(self) -> Sequence[Hit]:
        return self.hits[:MOST_ROWS]

    @property
    def has_more(self) -> bool:
        return len(self.hits) > MOST_ROWS


def search_site(text: str, user: User) -> list[Found]:
    """What fits `text`, by kind, at most ten rows of each; only what this person may open. Empty kinds are left out."""
    found = [_companies(text, user), _schedules(text), _runs(text), _filters(text)]
    if may(user, Right.SEND_REPORTS):
        found.append(_configurations(text, user))
    return [one for one in found if one.hits]


def _companies(text: str, user: User) -> Found:
    matching = CompanyFilterForm({"q": text}).companies()
    hits = [
        Hit(company.intacct_id, reverse("usage:company", args=[company.pk]), _about(company))
        for company in matching.select_related("query_filter").order_by("intacct_id")[: MOST_ROWS + 1]
    ]
    everything = ""
    if may(user, Right.SKIP_COMPANIES):
        everything = f"{reverse('usage:companies')}?{urlencode({'q': text})}"
    return Found("Companies", "buildings", hits, everything)


def _about(company: Company) -> str:
    state = "skipped" if company.is_skipped else "failing" if company.health == Company.Health.FAILING else ""
    return " · ".join(filter(None, (company.name, company.sage_account_number, company.filter_name, state)))


def _schedules(text: str) -> Found:
    matching = Schedule.objects.filter(name__icontains=text).order_by(Lower("name"))
    hits = [
        Hit(schedule.name, reverse("scheduling:schedule", args=[schedule.pk]), schedule.timing_in_words)
        for schedule in matching[: MOST_ROWS + 1]
    ]
    everything = f"{reverse('scheduling:schedules')}?{urlencode({'q': text})}"
    return Found("Schedules", "calendar3", hits, everything)


def _runs(text: str) -> Found:
    """By number: “42”, “#42” or “run 42”."""
    number = RUN_NUMBER.fullmatch(text)
    matching = FetchRun.objects.none()
    if number and int(number[1]) <= LARGEST_ID:
        matching = FetchRun.objects.filter(pk=int(number[1]))
    hits = [Hit(str(run), reverse("scheduling:run", args=[run.pk]), run.filter_name) for run in matching]
    return Found("Runs", "clock-history", hits)


def _filters(text: str) -> Found:
    matching = QueryFilter.objects.filter(name__icontains=text)
    hits = [
        Hit(one.name, f"{reverse('usage:reports')}?{urlencode({'filter': one.name})}", "Reports of this filter")
        for one in matching[: MOST_ROWS + 1]
    ]
    return Found("Query filters", "funnel", hits)


def _configurations(text: str, user: User) -> Found:
    matching = EmailConfiguration.objects.filter(name__icontains=text)
    may_edit = may(user, Right.MANAGE_NOTIFICATIONS)
    page = reverse("notifications:notifications")
    hits = [
        Hit(one.name, reverse("notifications:edit", args=[one.pk]) if may_edit else page, one.get_provider_display())
        for one in matching[: MOST_ROWS + 1]
    ]
    return Found("Email configurations", "envelope", hits, page)
