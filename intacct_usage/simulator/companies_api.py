"""A companies API as customers run them: a token, several JSON shapes, several ways to page, and faults on demand."""

import hmac
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, Self

from intacct_usage.simulator.companies_faults import FIXED_ANSWERS, FOREIGN_LINK, CompaniesFault, spoil
from intacct_usage.simulator.companies_paging import TOLD_IN_BODY, Page, Paging, asked_page, following_link, hints
from intacct_usage.simulator.injected_faults import InjectedFaults
from intacct_usage.simulator.listening import Ledger
from intacct_usage.simulator.web import (
    Ending,
    Json,
    WebAnswer,
    WebListener,
    WebRequest,
    gzip_bomb_answer,
    json_answer,
)

Shape = Literal["objects", "strings", "wrapped", "nested"]

PATH = "/companies"
ENVELOPED: tuple[Shape, ...] = ("wrapped", "nested")

FIELD_NAMES: dict[str, tuple[str, str, str, str]] = {
    # company ID, name, Sage account number, reseller
    "snake": ("company_id", "name", "sage_account_number", "reseller"),
    "camel": ("companyId", "companyName", "sageAccountNumber", "reseller"),
    "spaced": ("Company ID", "Company Name", "Sage Account Number", "Reseller"),
    "upper": ("COMPANYID", "COMPANYNAME", "SAGEACCOUNTNUMBER", "RESELLER"),
    "short": ("id", "name", "account_number", "partner"),
}


class ListedCompany(Protocol):
    """What the list tells about a company."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sage_account_number(self) -> str: ...
    @property
    def reseller(self) -> str: ...


@dataclass(frozen=True)
class CompaniesApiCall:
    """One request as the ledger keeps it; the token itself is not kept."""

    at: datetime
    path: str
    query: Mapping[str, str]
    authorised: bool
    status: int
    rows: int
    fault: CompaniesFault | None


@dataclass(frozen=True)
class _Injected:
    fault: CompaniesFault
    from_page: int


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class CompaniesApiSimulator:
    """`GET /companies` over HTTP on a port of its own, between `start` and `stop` (or as a context manager).

    `token` None asks for none; with an empty `token_scheme` the header holds the bare token. `naming` is a key of
    `FIELD_NAMES` or four field names; `list_key` is where an envelope holds the list. `page_size` None answers all at
    once; otherwise a client may ask for fewer rows (`per_page`, `page_size` or `limit`), never for more. With a bare
    list ("objects", "strings") paged by "page" or "offset" nothing tells the total: the client asks on until a page is
    short. "next_link" and "cursor" need an envelope. `companies` may be replaced while the server runs.
    """

    companies: Sequence[ListedCompany]
    _: KW_ONLY
    token: str | None = field(default=None, repr=False)
    token_header: str = "Authorization"  # noqa: S105 - the name of a header
    token_scheme: str = "Bearer"  # noqa: S105 - the name of a scheme
    shape: Shape = "objects"
    list_key: str = "companies"
    naming: str | tuple[str, str, str, str] = "snake"
    page_size: int | None = None
    paging: Paging = "page"
    host: str = "127.0.0.1"
    port: int = 0
    gzip_bomb_bytes: int = 200 * 1024 * 1024
    clock: Callable[[], datetime] = _utc_now
    ledger: Ledger[CompaniesApiCall] = field(default_factory=Ledger, init=False)

    def __post_init__(self) -> None:
        if self.page_size is not None and self.paging in TOLD_IN_BODY and self.shape not in ENVELOPED:
            raise ValueError(f'Paging "{self.paging}" needs the shape "wrapped" or "nested", not "{self.shape}".')
        self._names = FIELD_NAMES[self.naming] if isinstance(self.naming, str) else self.naming
        self._faults: InjectedFaults[_Injected] = InjectedFaults()
        self._listener = _CompaniesListener(self)

    def start(self) -> Self:
        self._listener.start()
        self.port = self._listener.port
        return self

    def stop(self) -> None:
        self._listener.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the list."""
        return f"{self._listener.url}{PATH}"

    @property
    def address(self) -> str:
        """`host:port`."""
        return self._listener.address

    def inject(self, fault: CompaniesFault, *, times: int | None = 1, from_page: int = 1) -> None:
        """Answer the next `times` requests (None: all) for page `from_page` or a later one with `fault`."""
        self._faults.inject(_Injected(fault, from_page), times=times)

    def clear_faults(self) -> None:
        self._faults.clear()

    def answer(self, request: WebRequest) -> WebAnswer:
        """Answer one request and note it in the ledger."""
        page = asked_page(self.paging, request.query, self.page_size, len(self.companies))
        authorised = self._authorised(request)
        refusal = self._refusal(request, authorised)
        fault = None if refusal else self._take_fault(page.number)
        rows: list[Json] = []
        answer = refusal or self._broken(request, page, fault)
        if answer is None:
            page, rows = self._rows(page, fault)
            answer = self._list_answer(request, page, rows, fault)
        call = CompaniesApiCall(self.clock(), request.path, request.query, authorised, answer.status, len(rows), fault)
        self.ledger.add(call)
        return answer

    def _authorised(self, request: WebRequest) -> bool:
        if self.token is None:
            return True
        expected = f"{self.token_scheme} {self.token}".strip()
        given = str(request.headers.get(self.token_header, ""))
        return hmac.compare_digest(given.encode("latin-1", "replace"), expected.encode())

    def _refusal(self, request: WebRequest, authorised: bool) -> WebAnswer | None:
        if request.path != PATH:
            return json_answer({"error": f"There is nothing at {request.path}."}, 404)
        if request.method != "GET":
            return json_answer({"error": "Only GET is allowed."}, 405, {"Allow": "GET"})
        if not authorised:
            return json_answer({"error": "The token is missing or wrong."}, 401, {"WWW-Authenticate": "Bearer"})
        return None

    def _take_fault(self, page_number: int) -> CompaniesFault | None:
        injected = self._faults.take(lambda waiting: page_number >= waiting.from_page)
        return injected.fault if injected else None

    def _rows(self, page: Page, fault: CompaniesFault | None) -> tuple[Page, list[Json]]:
        """The page's rows; a list that is empty or shrunk by a fault ends with this page."""
        if fault is CompaniesFault.EMPTY_LIST:
            return Page(0, page.size, 0), []
        rows = [self._row(company) for company in self.companies[page.start : page.start + page.size]]
        rows = spoil(rows, fault, self._names[0])
        if fault is CompaniesFault.SHRINK:
            page = Page(page.start, page.size, page.start + len(rows))
        return page, rows

    def _row(self, company: ListedCompany) -> Json:
        if self.shape == "strings":
            return company.id
        values = (company.id, company.name, company.sage_account_number, company.reseller)
        return dict(zip(self._names, values, strict=True))

    def _list_answer(
        self, request: WebRequest, page: Page, rows: list[Json], fault: CompaniesFault | None
    ) -> WebAnswer:
        if self.page_size is None:
            envelope: dict[str, Json] = {"total": page.total}
            headers: dict[str, str] = {}
        else:
            told = hints(self.paging, page, self._following(request, page, fault))
            envelope, headers = told.envelope, told.headers
        if self.shape == "wrapped":
            return json_answer({self.list_key: rows, **envelope}, headers=headers)
        if self.shape == "nested":
            return json_answer(
                {"status": "ok", "data": {self.list_key: {"items": rows}}, "meta": envelope}, headers=headers
            )
        return json_answer(rows, headers=headers)

    def _following(self, request: WebRequest, page: Page, fault: CompaniesFault | None) -> str | None:
        if fault is CompaniesFault.FOREIGN_NEXT_LINK:
            return FOREIGN_LINK
        if fault is CompaniesFault.NEXT_LINK_LOOP:
            return f"{self._listener.url}{request.target}"
        return following_link(self.url, request.query, page)

    def _broken(self, request: WebRequest, page: Page, fault: CompaniesFault | None) -> WebAnswer | None:
        """The answer of a fault that is no list at all, or None."""
        if fault in FIXED_ANSWERS:
            return FIXED_ANSWERS[fault]
        match fault:
            case CompaniesFault.TRUNCATED_JSON | CompaniesFault.CUT_CONNECTION:
                whole = self._list_answer(request, page, self._rows(page, None)[1], None)
                body = bytes(whole.body) if isinstance(whole.body, bytes) else b""
                if fault is CompaniesFault.CUT_CONNECTION:
                    return WebAnswer(200, body, whole.headers, cut_at=len(body) // 2)
                return WebAnswer(200, body[: len(body) // 2], whole.headers)
            case CompaniesFault.ENDLESS_BODY:
                return WebAnswer(200, self._endless(), {"Content-Type": "application/json"}, Ending.CLOSE)
            case CompaniesFault.GZIP_BOMB:
                return gzip_bomb_answer(self.gzip_bomb_bytes)
            case CompaniesFault.REDIRECT_LOOP:
                return WebAnswer(302, headers={"Location": request.target})
            case CompaniesFault.NEVER:
                self._listener.stopping.wait()
                return WebAnswer(503, ending=Ending.RESET_UNANSWERED)
        return None

    def _endless(self) -> Iterator[bytes]:
        yield b"["
        for number in itertools.count():
            if self._listener.stopping.is_set():
                return
            yield (b'{"company_id": "ENDLESS_%d"},' % number) * 1000


class _CompaniesListener(WebListener):
    def __init__(self, simulator: CompaniesApiSimulator) -> None:
        super().__init__(host=simulator.host, port=simulator.port)
        self._simulator = simulator

    def answer(self, request: WebRequest) -> WebAnswer:
        return self._simulator.answer(request)
