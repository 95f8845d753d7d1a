"""The Logs page: paging, following, marking, who may see it."""

import re

import pytest
from django.test import Client

from intacct_usage.logs.models import LogEntry
from tests.logs.log_lines import say, sign_in, viewer

__all__ = ["viewer"]


def ids(answer) -> list[int]:
    return [int(number) for number in re.findall(r'id="line-(\d+)"', answer.content.decode())]


def follow_address(answer) -> str:
    """Where the page asks for new lines."""
    return re.search(r'hx-get="([^"]+)"', answer.content.decode()).group(1).replace("&amp;", "&")


def add_lines(count: int) -> None:
    rows = [LogEntry(at="2026-07-01T12:00Z", level="INFO", logger="usage", message=f"n {n}") for n in range(count)]
    LogEntry.objects.bulk_create(rows)


def test_paging_back_and_forth_shows_every_line_once_although_lines_are_added_and_pruned(viewer: Client) -> None:
    add_lines(450)
    everything = list(LogEntry.objects.order_by("pk").values_list("pk", flat=True))

    newest = viewer.get("/logs/")
    add_lines(300)
    middle = viewer.get(f"/logs/?before={newest.context['page'].older}")
    LogEntry.objects.filter(pk__in=everything[:10]).delete()
    oldest = viewer.get(f"/logs/?before={middle.context['page'].older}")

    assert ids(oldest) + ids(middle) + ids(newest) == everything[10:]
    assert oldest.context["page"].older is None
    back = viewer.get(f"/logs/?after={oldest.context['page'].newer}")
    assert ids(back) == ids(middle)


def test_following_brings_each_new_line_once_and_only_those_that_pass_the_filters(viewer: Client) -> None:
    say("old", level="WARN")
    page = viewer.get("/logs/?level=WARN&q=a%26b")
    say("a&b one", "a&b two", level="WARN")
    say("a&b", level="INFO")

    first = viewer.get(follow_address(page))
    again = viewer.get(follow_address(first))
    say("A&B three", level="WARN")
    second = viewer.get(follow_address(first))

    assert [entry.message for entry in first.context["entries"]] == ["a&b one", "a&b two"]
    assert (again.status_code, again.content) == (204, b"")
    assert [entry.message for entry in second.context["entries"]] == ["A&B three"]


def test_following_a_flood_leaves_no_line_out(viewer: Client) -> None:
    say("first")
    address = follow_address(viewer.get("/logs/"))
    add_lines(450)

    followed: list[int] = []
    for _ in range(3):
        answer = viewer.get(address)
        followed += ids(answer)
        address = follow_address(answer)

    assert followed == list(LogEntry.objects.order_by("pk").values_list("pk", flat=True))[1:]


def test_an_earlier_page_does_not_follow(viewer: Client) -> None:
    add_lines(250)
    newest = viewer.get("/logs/")

    earlier = viewer.get(f"/logs/?before={newest.context['page'].older}")

    assert "hx-trigger" in newest.content.decode()
    assert "hx-trigger" not in earlier.content.decode()


def test_what_was_searched_for_is_marked_and_stays_text(viewer: Client) -> None:
    say("<b>Acme</b> & acme<script>")

    html = viewer.get("/logs/?q=%3CB%3Eacme").content.decode()

    assert "<bdi><mark>&lt;b&gt;Acme</mark>&lt;/b&gt; &amp; acme&lt;script&gt;</bdi>" in html


def test_hidden_and_direction_changing_characters_are_shown_as_codes(viewer: Client) -> None:
    say("x\u202egnp.exe\x1b[31m\u200bend")

    html = viewer.get("/logs/").content.decode()

    assert "x\\u202egnp.exe\\x1b[31m\\u200bend" in html
    assert not re.search("[\u202e\x1b\u200b]", html)


def test_the_context_of_a_hit_is_one_step_away(viewer: Client) -> None:
    say(*(f"n {number}" for number in range(150)))
    hit = LogEntry.objects.get(message="n 75")

    found = viewer.get("/logs/?q=n+75")
    around = viewer.get(f"/logs/?around={hit.pk}")

    assert f'href="/logs/?around={hit.pk}#line-{hit.pk}"' in found.content.decode()
    assert [entry.message for entry in around.context["page"].entries] == [f"n {number}" for number in range(25, 126)]
    assert f'id="line-{hit.pk}" aria-current="true"' in around.content.decode()


def test_every_line_says_its_level_in_words_and_its_time_with_the_zone(viewer: Client) -> None:
    say("careful", level="WARN", run_id=12)

    html = viewer.get("/logs/").content.decode()

    assert "<span>WARN</span>" in html
    assert 'title="2026-07-01 12:00:00.000 UTC">1 Jul 2026 13:00:00 <abbr class="zone">BST</abbr>' in html
    assert '<a href="/logs/?run=12" aria-label="Log of run 12">run 12</a>' in html


def test_an_empty_log_says_what_it_is_for_and_a_filter_without_hits_how_to_go_on(viewer: Client) -> None:
    assert "The log is empty" in viewer.get("/logs/").content.decode()

    say("a line")

    assert "No line passes these filters yet." in viewer.get("/logs/?q=nowhere").content.decode()


def test_the_page_needs_the_same_few_queries_for_one_line_and_for_many(
    viewer: Client, django_assert_num_queries
) -> None:
    say("one")
    viewer.get("/logs/")
    with django_assert_num_queries(7):
        viewer.get("/logs/")
    add_lines(400)

    with django_assert_num_queries(7):
        viewer.get("/logs/")


@pytest.mark.parametrize("address", ["/logs/", "/logs/lines/?since=0", "/logs/download.txt", "/logs/download.jsonl"])
def test_only_people_with_the_right_see_the_log_and_nobody_changes_it(db, address: str) -> None:
    say("a line")
    viewer, nobody = sign_in("Viewer"), sign_in("")

    assert viewer.get(address).status_code == 200
    assert nobody.get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert [getattr(viewer, method)(address).status_code for method in ("post", "put", "delete")] == [405] * 3


def test_nothing_is_inline_so_that_the_strict_policy_holds(viewer: Client) -> None:
    say("<img src=x onerror=alert(1)>", level="ERROR")

    html = viewer.get("/logs/").content.decode()

    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"""\s(style|on\w+)\s*=\s*["']""", html.replace("&lt;", ""))
