"""What a simulated world looks like: frozen descriptions, read from a TOML file or taken from `DEFAULT_SCENARIO`.

A scenario file holds the keys of `Scenario`; sub-tables are `[gateway]`, `[companies_api]`, `[mail]`, `[graph]`,
`[proxy]`, `[senders]` and `[users]` (ID = password), and the lists `[[companies]]` and `[[faults]]`. What is left
out keeps its default. The passwords of a scenario open nothing but the simulator.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .fault_kinds import FAULT_KINDS
from .toml_values import ScenarioError, build

__all__ = [
    "DEFAULT_SCENARIO",
    "CompaniesApiOptions",
    "CompanyScenario",
    "Fault",
    "GatewayOptions",
    "GraphOptions",
    "MailOptions",
    "ProxyOptions",
    "Scenario",
    "ScenarioError",
    "load_scenario",
]

COMPANY_STATES = ("active", "suspended", "inactive", "expired", "unknown")
FAULT_LEVELS = ("control", "short", "authentication", "function")


def _one_of(name: str, value: str, *, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ScenarioError(f'"{name}" must be one of {", ".join(allowed)}, not "{value}".')


def _at_least(name: str, value: float | None, *, least: float) -> None:
    if value is not None and value < least:
        raise ScenarioError(f'"{name}" must be at least {least:g}, not {value:g}.')


def _range(name: str, value: tuple[int, int] | None) -> None:
    if value is not None and not 0 <= value[0] <= value[1]:
        raise ScenarioError(f'"{name}" must be two numbers from 0 on, the smaller first, not {list(value)}.')


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong at the gateway (kinds: `fault_kinds.FAULT_KINDS`).

    It meets the calls of `company` ("*" = all) that hold `function` ("*" = all), skips the first `after` of them,
    then acts `times` times (None = for ever). The rest are parameters of some kinds: `seconds` (slow, drip),
    `retry_after` (a header of refusals, seconds or an HTTP date), `status`, `text`, `number` and `level` (error),
    `fields` (missing_fields, fields_not_readable), `rows` (duplicate_rows, total_drift, short_page), `size` in
    bytes (cut_body, truncated, endless, gzip_bomb).
    """

    kind: str
    company: str = "*"
    function: str = "*"
    times: int | None = None
    after: int = 0
    seconds: float = 0.0
    retry_after: str = ""
    status: int | None = None
    number: str = ""
    text: str = ""
    level: str = "function"
    fields: tuple[str, ...] = ()
    rows: int = 1
    size: int | None = None

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, allowed=tuple(FAULT_KINDS))
        _one_of("level", self.level, allowed=FAULT_LEVELS)
        _at_least("times", self.times, least=1)
        _at_least("after", self.after, least=0)
        _at_least("seconds", self.seconds, least=0)
        _at_least("size", self.size, least=0)


@dataclass(frozen=True)
class CompanyScenario:
    """One company set by hand; None and empty texts mean "as the scenario says" or "made from the seed".

    `state` "unknown": in the list of the companies API, but the gateway has never heard of it. `senders` are the
    authorised sender IDs, `users` the users with their passwords, `readers` the users that may read API usage
    (None: all of them). `records_per_day` is the range that a day's number of calls is drawn from. `clients` makes it a
    console: its users may slide into those companies.
    """

    id: str
    name: str = ""
    sage_account_number: str = ""
    reseller: str = ""
    state: str = "active"
    senders: tuple[str, ...] | None = None
    users: Mapping[str, str] | None = None
    readers: tuple[str, ...] | None = None
    records_per_day: tuple[int, int] | None = None
    history_days: int | None = None
    utc_offset_hours: float | None = None
    session_minutes: int | None = None
    has_usage_object: bool = True
    clients: tuple[str, ...] = ()
    counts_own_calls: bool | None = None
    missing_fields: tuple[str, ...] = ()
    record_url: bool = False
    lower_case_rows: bool = False
    iso_dates: bool = False

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise ScenarioError('"id" must not be empty.')
        _one_of("state", self.state, allowed=COMPANY_STATES)
        _range("records_per_day", self.records_per_day)
        _at_least("history_days", self.history_days, least=0)
        _at_least("session_minutes", self.session_minutes, least=1)


@dataclass(frozen=True)
class GatewayOptions:
    """How the gateway behaves where Sage does not say, or where a test wants it otherwise.

    `check_order`: is the sender or the company looked at first. `record_number_order`: how `RECORDNO` compares and
    sorts. `endpoint`: the address `getAPISession` returns: "own", "pod" (a second port) or a URL. `hold_seconds`:
    how long a request above `concurrency` waits before it is refused with the fault kind `concurrency_refusal`.
    `visible_after_seconds`: delay until a call shows up as usage. `expiry`: rows older than `retention_days` go by
    whole "day" of the company, or by "instant". `aggregate_names`: "plain" (`N_TRANS`) or "prefixed"
    (`SUM.N_TRANS`). `gzip`: pack answers for clients that accept it. `read_out`: serve `/__simulator__/`.
    """

    check_order: str = "sender-first"
    record_number_order: str = "numeric"
    endpoint: str = "own"
    concurrency: int = 2
    hold_seconds: float = 30.0
    concurrency_refusal: str = "too_many_operations"
    visible_after_seconds: float = 0.0
    retention_days: int = 60
    expiry: str = "day"
    session_minutes: int = 120
    result_minutes: int = 30
    aggregate_names: str = "plain"
    max_request_bytes: int = 2_000_000
    gzip: bool = True
    read_out: bool = True

    def __post_init__(self) -> None:
        _one_of("check_order", self.check_order, allowed=("sender-first", "company-first"))
        _one_of("record_number_order", self.record_number_order, allowed=("numeric", "text"))
        _one_of("expiry", self.expiry, allowed=("day", "instant"))
        _one_of("aggregate_names", self.aggregate_names, allowed=("plain", "prefixed"))
        _one_of("concurrency_refusal", self.concurrency_refusal, allowed=("too_many_operations", "too_many_requests"))
        if self.endpoint not in ("own", "pod") and not self.endpoint.startswith(("http://", "https://")):
            raise ScenarioError(f'"endpoint" must be own, pod or a URL, not "{self.endpoint}".')
        _at_least("concurrency", self.concurrency, least=1)
        _at_least("hold_seconds", self.hold_seconds, least=0)
        _at_least("retention_days", self.retention_days, least=1)
        _at_least("session_minutes", self.session_minutes, least=1)


@dataclass(frozen=True)
class CompaniesApiOptions:
    """The service that lists the companies.

    `shape`: "objects", "strings", "wrapped" (objects under `list_key`) or "nested" (under `data`, `list_key`, `items`).
    `pagination`: "none", by "page" or "offset", by "cursor" or "next_link" in the body, or by "link_header". An empty
    `token` means that none is asked for.
    """

    token: str = "demo-companies-token"  # noqa: S105 - opens nothing but the simulator
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    token_prefix: str = "Bearer "  # noqa: S105 - the scheme before the token
    shape: str = "wrapped"
    list_key: str = "companies"
    pagination: str = "none"
    page_size: int = 25
    id_field: str = "company_id"
    name_field: str = "name"
    account_field: str = "sage_account_number"
    reseller_field: str = "reseller"

    def __post_init__(self) -> None:
        _one_of("shape", self.shape, allowed=("objects", "strings", "wrapped", "nested"))
        _one_of("pagination", self.pagination, allowed=("none", "page", "offset", "cursor", "next_link", "link_header"))
        _at_least("page_size", self.page_size, least=1)
        if self.pagination in ("cursor", "next_link") and self.shape not in ("wrapped", "nested"):
            raise ScenarioError(f'"pagination" {self.pagination} needs the "shape" wrapped or nested.')


@dataclass(frozen=True)
class MailOptions:
    """The SMTP sink. Without `username` anyone may send; `refused_recipients` get a 550; `size_limit` in bytes, 0 =
    none.
    """

    username: str = ""
    password: str = ""
    security: str = "none"
    refused_recipients: tuple[str, ...] = ()
    size_limit: int = 0

    def __post_init__(self) -> None:
        _one_of("security", self.security, allowed=("none", "starttls", "ssl"))


@dataclass(frozen=True)
class GraphOptions:
    """The Microsoft Graph stand-in: one tenant with one application that may send as the `mailboxes`."""

    tenant_id: str = "11111111-2222-4333-8444-555555555555"
    client_id: str = "66666666-7777-4888-8999-000000000000"
    client_secret: str = "demo-graph-secret"  # noqa: S105 - opens nothing but the simulator
    mailboxes: tuple[str, ...] = ("reports@demo.example",)


@dataclass(frozen=True)
class ProxyOptions:
    """The HTTP proxy. Without `username` anyone may use it."""

    username: str = "demo-proxy"
    password: str = "demo-proxy-password"  # noqa: S105 - opens nothing but the simulator


@dataclass(frozen=True)
class Scenario:
    """`companies` come first; the seed makes further ones until there are `company_count`.

    `history_days` days before the start hold usage. `latency_seconds` is what each accepted request takes.
    `senders` and `users` are IDs with passwords; `partners` are the sender IDs whose calls make up the usage.
    `counts_own_calls`: each accepted call appends usage, as at Intacct.
    """

    seed: int = 20260901
    company_count: int = 60
    history_days: int = 62
    records_per_day: tuple[int, int] = (2, 12)
    latency_seconds: float = 0.0
    counts_own_calls: bool = True
    senders: Mapping[str, str] = field(default_factory=lambda: {"usagewatch": "demo-sender & <secret>"})
    users: Mapping[str, str] = field(default_factory=lambda: {"usage_reader": 'demo-user "sécret" & <more>'})
    partners: tuple[str, ...] = ("expenseapp", "payrollsync", "crmbridge", "bank-feeds", "Œuvre_ERP")
    prefixes: tuple[str, ...] = ("UK_", "US_", "DE_", "")
    companies: tuple[CompanyScenario, ...] = ()
    faults: tuple[Fault, ...] = ()
    gateway: GatewayOptions = GatewayOptions()
    companies_api: CompaniesApiOptions = CompaniesApiOptions()
    mail: MailOptions = MailOptions()
    graph: GraphOptions = GraphOptions()
    proxy: ProxyOptions = ProxyOptions()

    def __post_init__(self) -> None:
        _range("records_per_day", self.records_per_day)
        _at_least("company_count", self.company_count, least=0)
        _at_least("history_days", self.history_days, least=0)
        _at_least("latency_seconds", self.latency_seconds, least=0)
        seen: set[str] = set()
        for company in self.companies:
            if company.id.casefold() in seen:
                raise ScenarioError(f'The company "{company.id}" is listed twice.')
            seen.add(company.id.casefold())
        if not self.partners or not self.prefixes:
            raise ScenarioError('"partners" and "prefixes" must each hold at least one text.')


def load_scenario(path: str | Path) -> Scenario:
    """Read a TOML file. Raises ScenarioError with one sentence that names the file, the key and what is wrong."""
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        return build(Scenario, table)
    except OSError as error:
        raise ScenarioError(f"The scenario file {file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"The scenario file {file} is not valid TOML: {error}.") from error
    except ScenarioError as error:
        raise ScenarioError(f"The scenario file {file}: {error}") from None


def _demo_companies() -> tuple[CompanyScenario, ...]:
    """Those that go their own way; each failing one has another cause."""
    other_password = {"usage_reader": "changed by their administrator"}
    return (
        CompanyScenario("UK_Company1", name="First Company of the Guide"),
        CompanyScenario("UK_Company2", name="Second Company of the Guide", utc_offset_hours=1.0),
        CompanyScenario("UKX_Trading", name="Not a UK_ Company"),
        CompanyScenario("US_Big", name="Big & Busy <Group>", records_per_day=(60, 120), utc_offset_hours=-8.0),
        CompanyScenario("DE_Mueller", name="Müller & Söhne", sage_account_number="0000471100", utc_offset_hours=1.0),
        CompanyScenario("Lodz", name="Łódź Logistyka", missing_fields=("POLICYID",)),
        CompanyScenario("Tokyo", name="東京商事", utc_offset_hours=9.0, iso_dates=True),
        CompanyScenario("UK_NotAuthorised", name="Sender Not on Their List", senders=()),
        CompanyScenario("US_WrongPassword", name="Other User Password", users=other_password),
        CompanyScenario("DE_NoPermission", name="User Without the Usage Right", readers=()),
        CompanyScenario("US_Unknown", name="Left Intacct", state="unknown"),
        CompanyScenario("UK_Expired", name="Expired Trial", state="expired"),
        CompanyScenario("DE_NoData", name="No Calls at All", records_per_day=(0, 0), counts_own_calls=False),
    )


DEFAULT_SCENARIO = Scenario(
    companies=_demo_companies(),
    faults=(Fault("html_503", company="DE_Mueller", function="query", times=1),),
)
