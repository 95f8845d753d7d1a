"""The rows of the query filters: saved together or not at all, counted while they are typed."""

import uuid

from tests.factories import make_company, make_filter
from tests.web.conftest import ClientAs
from tests.web.posting import post, said, text_of
from usage.models import Company, QueryFilter

SAVE, PREVIEW = "/configuration/filters/", "/configuration/filters/preview/"


def rows(*filters: dict[str, object]) -> dict[str, object]:
    fields: dict[str, object] = {"filters-TOTAL_FORMS": len(filters), "filters-INITIAL_FORMS": 0}
    for place, one in enumerate(filters):
        values = {"pk": "", "kind": "prefix", "ORDER": place + 1} | one
        fields |= {f"filters-{place}-{name}": value for name, value in values.items()}
    return fields


def saved() -> list[tuple[str, str, str]]:
    return list(QueryFilter.objects.values_list("name", "kind", "value"))


def test_filters_are_saved_in_their_order_and_companies_regrouped(client_as: ClientAs) -> None:
    make_company("UK_Acme")

    answer = post(
        client_as("Manager"),
        SAVE,
        **rows({"name": "Two", "value": "US_", "ORDER": 2}, {"name": "One", "value": "UK_", "ORDER": 1}),
    )

    assert said(answer) == ["Saved 2 filters. Companies are regrouped."]
    assert saved() == [("One", "prefix", "UK_"), ("Two", "prefix", "US_")]
    assert Company.objects.get().filter_name == "One"


def test_a_refused_row_is_marked_all_rows_stay_and_nothing_is_saved(client_as: ClientAs) -> None:
    page = post(
        client_as("Manager"),
        SAVE,
        **rows({"name": "UK", "value": "UK_"}, {"name": "Bad", "kind": "regex", "value": "(("}),
    )

    assert [bool(form.errors) for form in page.context["filters"]] == [False, True]
    assert "is not a regular expression" in text_of(page)
    assert 'value="UK_"' in text_of(page)
    assert saved() == []


def test_renaming_keeps_the_filter_and_its_companies(client_as: ClientAs) -> None:
    old = make_filter("UK", "UK_")
    make_company("UK_Acme", query_filter=old)

    post(client_as("Manager"), SAVE, **rows({"pk": old.pk, "name": "Britain", "value": "UK_"}))

    assert QueryFilter.objects.get().pk == old.pk
    assert Company.objects.get().filter_name == "Britain"


def test_a_removed_row_deletes_its_filter_and_an_empty_new_row_is_ignored(client_as: ClientAs) -> None:
    old = make_filter("UK", "UK_")

    post(
        client_as("Manager"),
        SAVE,
        **rows({"pk": old.pk, "name": "UK", "value": "UK_", "DELETE": "on"}, {"name": "", "value": ""}),
    )

    assert saved() == []


def test_the_counts_while_typing_add_up_and_write_nothing(client_as: ClientAs) -> None:
    for intacct_id in ("UK_1", "UK_2", "US_1"):
        make_company(intacct_id)

    page = client_as("Manager").post(
        PREVIEW,
        rows({"name": "", "value": "UK_"}, {"name": "x", "value": ""}, {"name": "Bad", "kind": "regex", "value": "(("}),
    )

    counted = [(row.place, row.companies, bool(row.error)) for row in page.context["preview"].rows]
    assert counted == [(0, 2, False), (2, 0, True)]
    assert 'id="filters-0-count"' in text_of(page)
    assert "matches <strong>2</strong> companies" in text_of(page)
    assert "<strong>1</strong> “Other” · filters and Other together: <strong>3</strong> companies" in text_of(page)
    assert saved() == []


def test_a_hostile_number_of_rows_costs_nothing(client_as: ClientAs) -> None:
    page = client_as("Manager").post(PREVIEW, {"filters-TOTAL_FORMS": "99999999999", "filters-INITIAL_FORMS": "0"})

    assert page.status_code == 200


def test_two_hundred_filters_are_one_form(client_as: ClientAs) -> None:
    many = [{"name": f"Filter {number}", "value": f"F{number}_"} for number in range(200)]

    answer = post(client_as("Manager"), SAVE, once=str(uuid.uuid4()), **rows(*many))

    assert (answer.status_code, len(saved())) == (302, 200)
