"""What people do with companies, on the audit record: many at once are one event that names the first of them."""

from django.db.models import QuerySet

from intacct_usage.audit.models import Action
from intacct_usage.audit.recording import MOST_VALUES, Change, record
from intacct_usage.lib.plurals import counted
from usage.models import Company


def named(companies: QuerySet[Company]) -> list[str]:
    """The IDs to put on record; take them before the companies are changed."""
    return list(companies.order_by("intacct_id").values_list("intacct_id", flat=True)[:MOST_VALUES])


def record_companies(by: str, what: str, names: list[str], *, count: int, reason: str = "") -> None:
    """“3 companies skipped”; nothing if none was changed."""
    if count:
        target = f"{counted(count, 'company', 'companies')} {what}"
        record(by, Action.COMPANIES_CHANGED, target=target, change=Change(after={"companies": names}), reason=reason)
