"""Talks to the simulated gateway over a real socket and reads its answers with a parser of its own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import requests
from lxml import etree

from intacct_usage.simulator.gateway import GatewaySimulator
from intacct_usage.simulator.scenario import CompanyScenario, GatewayOptions, Scenario

SENDER, SENDER_PASSWORD = "usagewatch", 'se"nd<er>&é'
USER, USER_PASSWORD = "reader", "us]]>er&ü"
NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
ORDER = "<orderby><order><field>CREATED_TIME</field></order><order><field>RECORDNO</field></order></orderby>"


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def make_scenario(*companies: CompanyScenario, gateway: GatewayOptions | None = None, **fields: object) -> Scenario:
    """Companies with no history and no own calls counted unless they say so."""
    values = {"company_count": 0, "history_days": 0, "records_per_day": (0, 0), "counts_own_calls": False, **fields}
    return Scenario(
        companies=companies or (CompanyScenario("acme"),),
        senders={SENDER: SENDER_PASSWORD},
        users={USER: USER_PASSWORD},
        gateway=gateway or GatewayOptions(),
        **values,
    )


@dataclass
class Answer:
    """One HTTP answer, parsed where it is XML."""

    http: requests.Response
    root: etree._Element | None = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.root = etree.fromstring(self.http.content)
        except etree.XMLSyntaxError:
            self.root = None

    def text(self, path: str) -> str | None:
        return self.root.findtext(path)

    @property
    def level(self) -> str:
        """Where the answer says it failed; "success" where it did not."""
        for name in ("control", "operation/authentication", "operation/result"):
            status = self.text(f"{name}/status")
            if status not in ("success", None):  # a block may be absent
                return name.rpartition("/")[2]
        return "success"

    @property
    def error(self) -> tuple[str, str]:
        """Number and all the words of the first error."""
        found = next(self.root.iter("error"))
        words = [found.findtext(part) or "" for part in ("description", "description2", "correction")]
        return found.findtext("errorno"), " ".join(word for word in words if word)

    @property
    def data(self) -> etree._Element:
        return self.root.find("operation/result/data")

    @property
    def rows(self) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in self.data]

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


@contextmanager
def serving(scenario: Scenario | None = None, clock: Callable[[], datetime] | None = None) -> Iterator["GatewayCaller"]:
    """A running gateway (company "acme", clock at NOON unless given) and someone to call it."""
    with GatewaySimulator(scenario or make_scenario(), clock=clock or Clock()) as gateway:
        caller = GatewayCaller(gateway)
        try:
            yield caller
        finally:
            caller.http.close()


class GatewayCaller:
    """Signs in with the test user; `session` switches from login to a session ID."""

    def __init__(self, gateway: GatewaySimulator, company: str = "acme") -> None:
        self.gateway = gateway
        self.http = requests.Session()
        self.acme = gateway.companies.get(company)
        self.session = ""
        self.url = gateway.url
        self.control: dict[str, str] = {
            "senderid": SENDER,
            "password": SENDER_PASSWORD,
            "controlid": "doc-1",
            "uniqueid": "false",
            "dtdversion": "3.0",
            "includewhitespace": "false",
        }
        self.login: dict[str, str] = {"userid": USER, "companyid": company, "password": USER_PASSWORD}

    def document(self, *functions: str, transaction: str = "false") -> bytes:
        control = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in self.control.items())
        login = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in self.login.items())
        signed = f"<sessionid>{self.session}</sessionid>" if self.session else f"<login>{login}</login>"
        content = "".join(f'<function controlid="f-{n}">{inner}</function>' for n, inner in enumerate(functions))
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><request><control>{control}</control>'
            f'<operation transaction="{transaction}"><authentication>{signed}</authentication>'
            f"<content>{content}</content></operation></request>"
        ).encode()

    def post(self, body: bytes, **options: object) -> Answer:
        return Answer(self.http.post(self.url, data=body, timeout=60, allow_redirects=False, **options))

    def call(self, *functions: str, transaction: str = "false") -> Answer:
        return self.post(self.document(*functions, transaction=transaction))

    def sign_in(self) -> Answer:
        answer = self.call("<getAPISession/>")
        self.session = answer.data.findtext("api/sessionid")
        return answer

    def query(
        self,
        fields: Sequence[str] = ("RECORDNO",),
        *,
        where: str = "",
        tail: str = ORDER,
        object_name: str = "APIUSAGEDETAIL",
    ) -> Answer:
        return self.call(query(fields, where=where, tail=tail, object_name=object_name))


def query(
    fields: Sequence[str] = ("RECORDNO",), *, where: str = "", tail: str = ORDER, object_name: str = "APIUSAGEDETAIL"
) -> str:
    """A `<query>`; a field with "<" in it is taken as written (an aggregate)."""
    select = "".join(name if "<" in name else f"<field>{name}</field>" for name in fields)
    condition = f"<filter>{where}</filter>" if where else ""
    return f"<query><object>{object_name}</object><select>{select}</select>{condition}{tail}</query>"


def compare(operator: str, name: str, *values: str) -> str:
    inner = "".join(f"<value>{escape(value)}</value>" for value in values)
    return f"<{operator}><field>{name}</field>{inner}</{operator}>"
