"""A simulated companies API for tests, and this installation allowed to reach it."""

from types import SimpleNamespace

from intacct_usage.lib.outbound import OutboundPolicy, OutboundSession, parse_outbound_allow
from intacct_usage.simulator.companies_api import CompaniesApiSimulator
from usage.companies.entries import CompanyEntry
from usage.companies.list_source import ListRequest, LoadLimits, read_company_list

LIMITS = LoadLimits(total_seconds=30)


def listed(*ids: str, **fields: str) -> list[SimpleNamespace]:
    """Companies as the API lists them."""
    texts = {"name": "", "sage_account_number": "", "reseller": ""} | fields
    return [SimpleNamespace(id=each, company_id=each, **texts) for each in ids]


def many(count: int) -> list[SimpleNamespace]:
    return listed(*(f"C{number:04}" for number in range(count)))


def policy_for(*addresses: str) -> OutboundPolicy:
    return OutboundPolicy(allow=parse_outbound_allow(",".join(addresses)), deadline_seconds=30)


def read_from(
    api: CompaniesApiSimulator, *, address: str = "", query: str = "", limits: LoadLimits = LIMITS, **options: object
) -> list[CompanyEntry]:
    """Read the list of a started simulator, over HTTP; `options` are those of ListRequest, and `on_progress`."""
    on_progress = options.pop("on_progress", None)
    with OutboundSession(policy_for(api.address)) as session:
        request = ListRequest(url=address or api.url + query, **options)
        return read_company_list(session, request, limits, on_progress=on_progress)


def ids(entries: list[CompanyEntry]) -> list[str]:
    return [entry.intacct_id for entry in entries]
