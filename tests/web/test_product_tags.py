"""What the tags and filters of the pages make of values."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.formats import get_format

from intacct_usage.lib.listing import list_page


def shown(source: str, /, **values: object) -> str:
    return Template("{% load product %}" + source).render(Context(values))


def test_a_time_shows_its_zone_and_holds_utc() -> None:
    summer = datetime(2026, 7, 1, 1, 30, 5, tzinfo=UTC)

    assert shown("{% local_time at %}", at=summer) == (
        '<time class="moment" datetime="2026-07-01T01:30:05Z" title="2026-07-01 01:30:05 UTC" tabindex="0">'
        '1 Jul 2026, 02:30 <abbr class="zone" title="Europe/London">BST</abbr></time>'
    )


def test_several_texts_are_escaped_once_each() -> None:
    page = shown("{{ people|safe_texts:12 }}", people=["Ann <a@b.example>", "c@d"])

    assert page == "<bdi>Ann &lt;a@b.exa…</bdi>, <bdi>c@d</bdi>"


def test_no_time_is_a_dash_that_is_read_as_none() -> None:
    assert shown("{% local_time at %}", at=None) == (
        '<span class="nothing"><span aria-hidden="true">–</span><span class="visually-hidden">none</span></span>'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1234567, "1,234,567"), (-5000, "-5,000"), (10**15, "1,000,000,000,000,000")],
)
def test_counts_are_grouped(value: int, text: str) -> None:
    assert shown("{{ value|number }}", value=value) == text


def test_a_share_has_one_decimal_and_none_without_a_whole() -> None:
    assert shown("{{ part|percent:whole }}", part=1, whole=3) == "33.3 %"
    assert shown("{{ part|percent:whole }}", part=2, whole=3) == "66.7 %"
    assert shown("{{ part|percent:whole }}", part=436, whole=75_355) == "0.6 %"
    assert "–" in shown("{{ part|percent:whole }}", part=1, whole=0)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u202egpj.exe", 'a<span class="code-point">U+202E</span>gpj.exe'),
        ("line\nbreak", 'line<span class="code-point">U+000A</span>break'),
        ("zero\u200bwidth", 'zero<span class="code-point">U+200B</span>width'),
        ("\x1b[31m", '<span class="code-point">U+001B</span>[31m'),
        ("<script>", "&lt;script&gt;"),
        ("Größe “x” 会社", "Größe “x” 会社"),
    ],
)
def test_text_from_outside_shows_what_is_hidden_in_it(text: str, seen: str) -> None:
    assert shown("{{ text|safe_text }}", text=text) == f"<bdi>{seen}</bdi>"


def test_long_text_is_cut_with_a_mark() -> None:
    assert shown("{{ text|safe_text:3 }}", text="abcdef") == "<bdi>abc…</bdi>"


def test_addresses_keep_other_parameters_and_start_at_the_first_page() -> None:
    request = RequestFactory().get("/x/", {"filter": "UK & Co", "page": "7", "sort": "name"})

    address = shown('{% query_string sort="-name" empty="" %}', request=request)

    assert address == "?filter=UK+%26+Co&amp;sort=-name"


@pytest.mark.parametrize(
    ("sort", "order", "target"),
    [("name", "ascending", "sort=-name"), ("-name", "descending", "sort=name"), ("other", "", "sort=name")],
)
def test_a_heading_says_how_it_sorts_and_leads_to_the_other_way(sort: str, order: str, target: str) -> None:
    request = RequestFactory().get("/x/", {"sort": sort})
    listing = list_page(request, [], sorts={"name": "name", "other": "other"}, default_sort="name")

    html = shown('{% sort_header "name" "Name" %}', request=request, listing=listing)

    assert target in html
    assert (f'aria-sort="{order}"' in html) is bool(order)


def test_a_status_is_word_icon_and_colour() -> None:
    html = shown('{% status_badge "success" "3 of 500 companies failed" %}')

    assert "status-good" in html
    assert "#check-circle-fill" in html
    assert "<span>Success</span>" in html
    assert "3 of 500 companies failed" in html


def test_times_that_the_administration_writes_look_like_those_of_the_pages() -> None:
    summer = datetime(2026, 7, 1, 13, 30, tzinfo=UTC)

    assert Template("{% load tz %}{{ at|localtime }}").render(Context({"at": summer})) == "1 Jul 2026, 14:30 BST"
    assert get_format("FIRST_DAY_OF_WEEK") == 1
