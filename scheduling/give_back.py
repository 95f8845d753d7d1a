"""Gives back what a dead worker held, so that nobody has to wait for its leases to run out."""

import logging

from django.db.models.functions import Now

from intacct_usage.lib.plurals import counted
from notifications.models import OutgoingEmail
from scheduling import worker_lock
from scheduling.models import Occurrence, RunLane
from usage.fetching.claims import put_back_lost
from usage.models import CompanyFetch

logger = logging.getLogger(__name__)


def give_back_of_dead_workers() -> int:
    """End the leases of this machine's clusters that are known to be dead; how many leases. Safe to repeat."""
    given = 0
    for name in worker_lock.dead_names():
        given += give_back(name)
        worker_lock.clear(name)
    return given


def give_back(name: str) -> int:
    """End the leases held under a process name. Only for names whose processes are all dead.

    The companies count as attempted: if one of them killed the worker, it must not do so for ever.
    """
    prefix = f"{name}/"
    companies = put_back_lost(CompanyFetch.objects.filter(lease_owner__startswith=prefix))
    RunLane.objects.filter(owner=name).update(lease_until=Now())
    reports = Occurrence.objects.filter(state=Occurrence.State.REPORTING, lease_owner=name).update(lease_until=Now())
    mails = OutgoingEmail.objects.filter(state=OutgoingEmail.State.SENDING, lease_owner=name).update(lease_until=Now())
    given = companies + reports + mails
    if given:
        logger.warning(
            "A worker of this machine died; gave back %s, %s and %s",
            *(counted(companies, "company", "companies"), counted(reports, "report"), counted(mails, "mail")),
        )
    return given
