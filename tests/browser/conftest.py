"""A real Chromium on the site as people use it: a live server, a signed-in page for each role, axe-core, no noise."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from intacct_usage.roles import create_roles

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The pages and the administration note their theme each in its own way, the second as “auto”.
SHOWS_SCHEME = """scheme => {
  const { bsTheme, theme } = document.documentElement.dataset;
  return (bsTheme || theme) === scheme || theme === "auto";
}"""
SETTLED = "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))"
# What htmx says of a refresh that was under way when the page was left; of a failed one Chromium itself complains too.
CUT_OFF = ("htmx:afterRequest,", "htmx:sendAbort,", "htmx:sendError,")
PASSWORD = "correct horse battery staple"
SECONDS = 1000  # Playwright counts in milliseconds
PATIENCE = 60 * SECONDS  # with a machine that does much else besides; what is there is seen at once


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    # Playwright keeps an event loop in this thread, where Django would refuse the database to be on the safe side.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visitor:
    """A page of a signed-in person, and what the browser complained about meanwhile."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        self.left_the_host: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.set_default_navigation_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def open(self, address: str) -> Page:
        self.page.goto(self.site + address)
        return self.page

    def violations(self, *schemes: str) -> list[str]:
        """What axe-core finds on the page as it stands, by default in light and in dark."""
        found = []
        self.page.evaluate(AXE)
        for scheme in schemes or ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_function(SHOWS_SCHEME, arg=scheme)
            self.page.evaluate(SETTLED)
            result = self.page.evaluate(f"axe.run({{runOnly: {WCAG}, resultTypes: ['violations']}})")
            found += [
                f"{scheme} {one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"]
            ]
        return found

    def scrolls_sideways(self, width: int = 320) -> bool:
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": 700})
        wide = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        self.page.set_viewport_size(before)
        return bool(wide)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(CUT_OFF):
            self.complaints.append(message.text)

    def _note(self, url: str) -> None:
        if not url.startswith((self.site, "data:", "blob:", "about:")):
            self.left_the_host.append(url)


@pytest.fixture
def visitor_as(browser: Browser, live_server, transactional_db) -> Iterator[Callable[[str], Visitor]]:
    """`visitor_as("Manager")` opens a browser window of a person with this role; complaints fail the test."""
    create_roles(apps.get_app_config("intacct_usage"), using="default")  # a flushed database has lost them
    visitors: list[Visitor] = []

    def sign_in(role: str) -> Visitor:
        everything = role == "superuser"
        user = User.objects.create_user(f"someone-{role}", None, PASSWORD, is_superuser=everything, is_staff=everything)
        if not everything:
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        window = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=False)
        window.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        visitors.append(Visitor(window.new_page(), live_server.url))
        return visitors[-1]

    yield sign_in
    for visitor in visitors:
        visitor.page.context.close()
        assert visitor.complaints == []
        assert visitor.left_the_host == []
