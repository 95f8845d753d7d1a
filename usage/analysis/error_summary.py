"""Failing companies grouped by what went wrong, so that one cause is one line however many companies it hits.

Intacct's messages name the company and a support number; those are taken out before messages are compared.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from usage.gateway.error_advice import Advice
from usage.models import Company
from usage.models.company import CompanyQuerySet
from usage.reports.exceptions import advice_for
from usage.reports.scope import ReportScope

QUOTED = re.compile(r"'[^']{1,200}'|\"[^\"]{1,200}\"|“[^”]{1,200}”|‘[^’]{1,200}’")
TOKEN = re.compile(r"\b(?=[\w~%-]*\d)[\w~%-]{12,}\b")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
BLANKS = re.compile(r"\s+")
MOST_NAMED = 100


@dataclass(frozen=True)
class ErrorGroup:
    """`companies` in the order of their IDs; `first_seen` is the earliest of them, `last_seen` the latest."""

    family: str
    number: str
    description: str
    advice: Advice
    companies: tuple[Company, ...]
    first_seen: datetime | None
    last_seen: datetime | None

    @property
    def key(self) -> str:
        """The same for the same kind of error, as long as Intacct words it alike."""
        material = "\x1f".join((self.family, self.number, self.description)).encode()
        return hashlib.blake2b(material, digest_size=8).hexdigest()

    @property
    def count(self) -> int:
        return len(self.companies)

    @property
    def shown(self) -> tuple[Company, ...]:
        """Those that a page names; of more the count is told."""
        return self.companies[:MOST_NAMED]

    @property
    def label(self) -> str:
        return self.advice.label


def error_summary(scope: ReportScope) -> list[ErrorGroup]:
    """Groups of the failing companies of the scope's filter, the largest first. The period does not matter: it is about
    the last fetch. One query."""
    failing = scope.companies().failing().select_related("query_filter").order_by("intacct_id")
    groups: dict[tuple[str, str, str], list[Company]] = defaultdict(list)
    for company in failing:
        text = normalised(company.error_text, names=(company.intacct_id, company.name))
        groups[(company.error_family, company.error_number, text)].append(company)
    found = [_group(key, companies) for key, companies in groups.items()]
    return sorted(found, key=lambda group: (-group.count, group.label, group.number, group.description))


def companies_of_error(scope: ReportScope, key: str) -> CompanyQuerySet:
    """The failing companies of one group, found anew; none when nobody fails like that any more."""
    pks = [company.pk for group in error_summary(scope) if group.key == key for company in group.companies]
    return Company.objects.failing().filter(pk__in=pks)


def normalised(text: str, *, names: Iterable[str] = ()) -> str:
    """The message without what differs between companies: names, quoted values, tokens and numbers become “…”."""
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text, flags=re.IGNORECASE)
    for pattern in (QUOTED, TOKEN, NUMBER):
        text = pattern.sub("…", text)
    return BLANKS.sub(" ", text).strip()


def _group(key: tuple[str, str, str], companies: list[Company]) -> ErrorGroup:
    family, number, description = key
    since = [company.failing_since for company in companies if company.failing_since]
    seen = [company.last_attempt_at for company in companies if company.last_attempt_at]
    return ErrorGroup(
        family=family,
        number=number,
        description=description,
        advice=advice_for(family),
        companies=tuple(companies),
        first_seen=min(since, default=None),
        last_seen=max(seen, default=None),
    )
