"""The saved picture of a chart stands alone: what it shows, as of when, and which colour is which filter."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from intacct_usage.lib import clock
from tests.browser.conftest import Visitor
from tests.factories import make_company, make_filter, make_records
from tests.web.full_site import fill_site
from usage.models import Company

pytestmark = pytest.mark.browser

VisitorAs = Callable[[str], Visitor]

# What is written on a canvas that is not on the page is written on the picture.
NOTE_WORDS = """(() => {
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, ...rest) {
    if (!this.canvas.isConnected) window.written.push([text, x + this.measureText(text).width]);
    return write.call(this, text, x, ...rest);
  };
})()"""
COLOURS_OF_PAGE = """() => ["--series-1", "--series-2", "--surface"].map((name) => {
  const one = document.createElement("span");
  one.style.color = `var(${name})`;
  document.body.append(one);
  return getComputedStyle(one).color.match(/\\d+/g).slice(0, 3).map(Number);
})"""


def save_picture(page: Page, folder: Path) -> Image.Image:
    with page.expect_download() as picture:
        page.get_by_role("button", name="PNG").click()
    picture.value.save_as(folder / "chart.png")
    return Image.open(folder / "chart.png").convert("RGB")


def words_of(page: Page) -> str:
    return " ".join(text for text, _ in page.evaluate("window.written"))


@pytest.mark.parametrize(
    ("address", "shown", "legend"),
    [
        ("/", "All Filters, ", ["US", "Other"]),
        ("/reports/?filter=US&from=2026-01-01&measure=records", "US, from 1 Jan 2026", []),
        ("/companies/{pk}/", "UK_one, ", []),
    ],
)
def test_a_picture_says_what_it_shows(
    visitor_as: VisitorAs, tmp_path, address: str, shown: str, legend: list[str]
) -> None:
    fill_site()
    Company.objects.update(last_success_at=clock.now())
    visitor = visitor_as("Viewer")
    visitor.page.add_init_script(NOTE_WORDS)
    page = visitor.open(address.format(pk=Company.objects.get(intacct_id="UK_one").pk))

    save_picture(page, tmp_path)
    words = words_of(page)

    assert words.startswith(f"Usage by month: {'records' if 'records' in address else 'transactions'} Showing {shown}")
    assert re.search(r" · Data as of \d{1,2} \w{3} \d{4}, \d\d:\d\d \w+", words)
    assert [one for one in legend if one not in words.partition("Data as of")[2]] == []


@pytest.mark.parametrize(
    ("gateway", "marked"),
    [("https://api.intacct.com/ia/xml/xmlgw.phtml", False), ("http://127.0.0.1:9/gateway", True)],
)
def test_only_a_picture_of_demo_data_is_marked(
    visitor_as: VisitorAs, settings, tmp_path, gateway: str, marked: bool
) -> None:
    fill_site()
    settings.INTACCT_ENDPOINT_URL = gateway
    visitor = visitor_as("Viewer")
    visitor.page.add_init_script(NOTE_WORDS)
    page = visitor.open("/reports/")

    save_picture(page, tmp_path)

    assert ("Demo data: from a test gateway, not from Sage Intacct." in words_of(page)) is marked


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_legend_of_a_picture_has_the_colours_of_the_page(visitor_as: VisitorAs, tmp_path, scheme: str) -> None:
    fill_site()
    visitor = visitor_as("Viewer")
    visitor.page.emulate_media(color_scheme=scheme)
    page = visitor.open("/reports/")
    first, second, surface = (tuple(rgb) for rgb in page.evaluate(COLOURS_OF_PAGE))

    picture = save_picture(page, tmp_path)
    height = picture.height - page.locator("#usage-chart").bounding_box()["height"]
    legend = picture.crop((0, picture.height - 34, picture.width, picture.height))

    assert height > 3 * 18
    assert picture.getpixel((0, 0)) == surface
    assert {first, second, surface} <= {colour for _, colour in legend.getcolors(100_000)}


def test_a_long_legend_wraps_within_the_picture(visitor_as: VisitorAs, tmp_path) -> None:
    for number in range(6):
        name = f"A{number} filter with a long name, that goes on and on, and on"
        company = make_company(f"A{number}_x", query_filter=make_filter(name, f"A{number}_"))
        make_records(company, clock.today(), 1 + number)
    visitor = visitor_as("Viewer")
    visitor.page.set_viewport_size({"width": 320, "height": 700})
    visitor.page.add_init_script(NOTE_WORDS)
    page = visitor.open("/reports/")

    picture = save_picture(page, tmp_path)
    written = page.evaluate("window.written")

    assert [number for number in range(6) if f"A{number} filter with a long name," not in words_of(page)] == []
    assert max(end for _, end in written) <= picture.width - 15
    assert picture.height > page.locator("#usage-chart").bounding_box()["height"] + 6 * 2 * 18
