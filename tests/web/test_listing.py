"""Pages of lists: whatever the address asks, there is a page, and no row is lost between pages."""

import pytest
from django.test import RequestFactory

from intacct_usage.lib.listing import Listing, list_page
from tests.factories import make_company
from usage.models import Company

SORTS = {"id": "intacct_id", "name": "name"}


def listing(**asked: str) -> Listing:
    request = RequestFactory().get("/x/", asked)
    return list_page(request, Company.objects.all(), sorts=SORTS, default_sort="id")


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "10" * 60, "٣", "1e3", "\x00", "1.5"])
def test_any_page_number_gives_a_page(db, page: str) -> None:
    make_company("a")

    assert [company.intacct_id for company in listing(page=page).page] == ["a"]


@pytest.mark.parametrize("sort", ["password", "--name", "-", "", "name__in", "skipped_by", "\x00"])
def test_only_listed_sort_keys_are_used(db, sort: str) -> None:
    assert listing(sort=sort).sort == "id"


@pytest.mark.parametrize(
    ("asked", "given"), [("25", 25), ("250", 250), ("1000000", 50), ("-25", 50), ("", 50), ("x", 50)]
)
def test_page_sizes_are_limited(db, asked: str, given: int) -> None:
    assert listing(size=asked).page_size == given


def test_ties_are_broken_so_that_pages_hold_each_row_once(db) -> None:
    for number in range(60):
        make_company(f"c{number}", name="same")

    pages = [listing(sort="-name", size="25", page=str(page)).page for page in (1, 2, 3)]

    assert len({company.pk for page in pages for company in page}) == 60


def test_plain_rows_sort_without_regard_to_case_and_with_gaps_first(db) -> None:
    rows = [{"name": "b"}, {"name": None}, {"name": "A"}, {"name": "C"}]

    shown = list_page(RequestFactory().get("/x/"), rows, sorts={"name": "name"}, default_sort="name").page

    assert [row["name"] for row in shown] == [None, "A", "b", "C"]
