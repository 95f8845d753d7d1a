"""Tells the pages of email configurations which schedules use them."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from notifications.uses import Use
from scheduling.models.recipients import AlertRecipient, ReportRecipient

WHAT = ((ReportRecipient, "reports"), (AlertRecipient, "alerts"))


def schedules_using(configurations: Collection[UUID]) -> Iterator[tuple[UUID, Use]]:
    """The schedules that send reports or alerts through these configurations; one query for each of the two."""
    address = _schedules_address()
    for model, what in WHAT:
        rows = model._default_manager.filter(configuration__in=configurations)
        for key, name in rows.values_list("configuration_id", "schedule__name"):
            yield key, Use(name, address, what)


def _schedules_address() -> str:
    try:
        return reverse("scheduling:schedules")
    except NoReverseMatch:
        return ""
