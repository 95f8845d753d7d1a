"""An installation with something on every page, some of it hostile, and a reader of pages."""

from collections import Counter
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

from intacct_usage.lib import clock
from tests.factories import make_company, make_failing_company, make_filter, make_records, make_signature
from usage.models import CompanyFetch, FetchRun

HOSTILE = "<img src=x onerror=alert(1)>\u202e{{7*7}}"


def fill_site() -> None:
    """Companies of two filters and of none, two months of usage, failures, a run that ended and one that goes on."""
    today = clock.today()
    uk = make_filter("UK " + HOSTILE.replace("\u202e", ""), "UK_")  # the form refuses what is not printable
    companies = [
        make_company("UK_one", name=HOSTILE, query_filter=uk),
        make_company(f"US_{HOSTILE}"[:90], query_filter=make_filter("US", "US_")),
        make_company("plain"),
    ]
    failing = make_failing_company("broken", error_text=f"Sign-in refused for 'broken' {HOSTILE}")
    for company in companies:
        for day in (today, today - timedelta(days=40)):
            make_records(company, day, 3, signature=make_signature(HOSTILE, function=HOSTILE))
    make_runs([*companies, failing])


def make_runs(companies: list) -> None:
    now = clock.now()
    ended = FetchRun.objects.create(
        asked_by=HOSTILE, status="success", started_at=now, finished_at=now, companies_total=4, companies_failed=1
    )
    FetchRun.objects.create(asked_by="ada", status="running", started_at=now, companies_total=4, companies_done=1)
    for company in companies:
        CompanyFetch.objects.create(
            run=ended, company=company, status="done", finished_at=now, window_start=date(2026, 1, 1), message=HOSTILE
        )


class PageReader(HTMLParser):
    """What a page is made of, as far as the rules for pages speak of it."""

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.html = html
        self.texts: list[str] = []
        self.title = ""
        self.links: set[str] = set()
        self.sources: set[str] = set()
        self.inline: list[str] = []
        self.ids: Counter[str] = Counter()
        self._in_title = self._in_data_block = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self._in_title = tag == "title"
        self._in_data_block = tag == "script"
        self.inline += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in values and values.get("type") != "application/json"):
            self.inline.append(tag)
        if "id" in values:
            self.ids[values["id"]] += 1
        self.sources |= {values[name] for name in ("src", "action") if values.get(name)}
        if tag in ("a", "link", "use") and values.get("href"):
            (self.links if tag == "a" else self.sources).add(values["href"])

    def handle_data(self, data: str) -> None:
        if not self._in_data_block:
            self.texts.append(data)
        if self._in_title:
            self.title += data
            self._in_title = False

    def internal_links(self) -> set[str]:
        """Addresses of this site without their fragments."""
        return {urldefrag(urljoin(self.address, link)).url for link in self.links}

    def sources_elsewhere(self) -> list[str]:
        return [source for source in self.sources if not source.startswith(("/", "?", "#")) or source.startswith("//")]
