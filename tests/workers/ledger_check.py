"""Holds what is stored against what the simulated Intacct itself knows."""

from django.db.models import Sum

from tests.workers.installation import Installation
from usage.models import CompanyFetch, FetchRun, UsageRecord


def differences(installation: Installation) -> list[str]:
    """Companies whose stored records are not exactly Intacct's; empty when all is right."""
    found = []
    for intacct_id in installation.gateway.companies:
        stored = UsageRecord.objects.filter(company__intacct_id=intacct_id)
        theirs = installation.gateway.ledger.rows(intacct_id)
        numbers = sorted(row.record_no for row in theirs)
        if sorted(stored.values_list("record_no", flat=True)) != numbers:
            found.append(f"{intacct_id}: {stored.count()} stored, {len(numbers)} at Intacct")
        elif (stored.aggregate(sum=Sum("transactions"))["sum"] or 0) != sum(row.transactions for row in theirs):
            found.append(f"{intacct_id}: transactions differ")
    return found


def false_states(run: FetchRun) -> list[str]:
    """What the run and its companies say that cannot be true of an ended run."""
    run.refresh_from_db()
    fetches = CompanyFetch.objects.filter(run=run)
    found = []
    if run.status in FetchRun.OPEN_STATUSES:
        found.append(f"{run} is still {run.status}")
    found += [f"{fetch} is still {fetch.status}" for fetch in fetches.open()]
    done = fetches.filter(status=CompanyFetch.Status.DONE)
    if run.companies_done != done.count():
        found.append(f"{run} counts {run.companies_done} done, there are {done.count()}")
    found += [
        f"{fetch}: {fetch.inserted} inserted, {fetch.expected} expected"
        for fetch in done
        if fetch.inserted != fetch.expected
    ]
    return found


def queries(installation: Installation) -> int:
    """Pages of usage rows that Intacct was asked for."""
    return installation.gateway.ledger.count(function="query")
