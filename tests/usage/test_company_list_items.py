"""Every item of a company list is checked; what is wrong is named by item and field."""

import pytest

from usage.companies.entries import CompanyListError
from usage.companies.list_fields import detect_fields, read_entries
from usage.companies.list_paging import read_page


def refusal_of(items: list[object], **mapping: str) -> list[str]:
    with pytest.raises(CompanyListError) as refusal:
        read_entries(items, mapping)
    return refusal.value.problems


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ({"name": "x"}, "Item 2: the field “company_id” (company ID) is missing."),
        ({"company_id": 42}, "Item 2: the field “company_id” (company ID) is a number, not a text."),
        ({"company_id": None}, "Item 2: the field “company_id” (company ID) is empty (null), not a text."),
        ({"company_id": True}, "Item 2: the field “company_id” (company ID) is true or false, not a text."),
        ({"company_id": ["A"]}, "Item 2: the field “company_id” (company ID) is a list, not a text."),
        ({"company_id": "  "}, "Item 2: the field “company_id” (company ID) is empty."),
        (
            {"company_id": "a\x00b"},
            "Item 2: the field “company_id” (company ID) holds line breaks, control characters or invisible "
            "characters.",
        ),
        (
            {"company_id": "x" * 101},
            "Item 2: the field “company_id” (company ID) has 101 characters; at most 100 are possible.",
        ),
        ({"company_id": "B", "name": {}}, "Item 2: the field “name” is an object, not a text."),
        ({"company_id": "B", "name": 1.5}, "Item 2: the field “name” is a number, not a text."),
        ({"company_id": "B", "name": "\ud800"}, "Item 2: the field “name” holds characters that cannot be stored."),
        (
            {"company_id": "B", "name": "n" * 201},
            "Item 2: the field “name” has 201 characters; at most 200 are possible.",
        ),
        ("B", "Item 2 is a text, not an object with a company ID."),
        (None, "Item 2 is empty (null), not an object with a company ID."),
    ],
)
def test_an_item_that_is_wrong_is_named_with_its_field(item, problem) -> None:
    assert refusal_of([{"company_id": "A", "name": "first"}, item]) == [problem]


def test_in_a_list_of_texts_every_item_is_a_text() -> None:
    assert refusal_of(["A", 17, {"company_id": "B"}, ""]) == [
        "Item 2 is a number, not a text as item 1 is.",
        "Item 3 is an object, not a text as item 1 is.",
        "Item 4 is empty.",
    ]


def test_ids_that_differ_by_case_or_blanks_only_are_refused_with_both_items_named() -> None:
    assert refusal_of(["UK_Acme", "DE_1", " uk_acme", "UK_ Acme", "DE_1"]) == [
        "Item 3: the company ID “uk_acme” already stands in item 1 (there written “UK_Acme”).",
        "Item 4: the company ID “UK_ Acme” already stands in item 1 (there written “UK_Acme”).",
        "Item 5: the company ID “DE_1” already stands in item 2.",
    ]


def test_the_message_names_ten_problems_and_counts_the_rest() -> None:
    with pytest.raises(CompanyListError) as refusal:
        read_entries([{"company_id": number} for number in range(25)], {})

    assert len(refusal.value.problems) == 25
    assert refusal.value.message.endswith(
        "Item 10: the field “company_id” (company ID) is a number, not a text. And 15 more problems."
    )


def test_account_numbers_keep_their_zeros_and_whole_numbers_become_their_digits() -> None:
    items = [
        {"id": "A", "accountNumber": "0042"},
        {"id": "B", "accountNumber": 42},
        {"id": "C", "accountNumber": None},
        {"id": "D"},
    ]

    assert [entry.sage_account_number for entry in read_entries(items, {})] == ["0042", "42", "", None]


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"id": 7, "companyId": "UK_1", "name": "x"}, ("companyId", "name", "", "")),
        ({"id": "UK_1", "Sage Account No.": "1", "Partner Name": "p"}, ("id", "", "Sage Account No.", "Partner Name")),
        ({"company": {"id": 3}, "instance": "UK_1"}, ("instance", "", "", "")),
        ({"tenant": "UK_1", "display_name": "x"}, ("tenant", "display_name", "", "")),
        ({"ID": "UK_1", "account_number": "7", "reseller": "r"}, ("ID", "", "account_number", "reseller")),
    ],
)
def test_fields_are_found_by_telling_names_that_hold_text(item, found) -> None:
    names = detect_fields([item], {})

    assert (names.company_id, names.name, names.sage_account_number, names.reseller) == found


def test_a_mapping_may_lead_into_an_object() -> None:
    entries = read_entries(
        [{"company": {"code": "UK_1", "label": "One"}}], {"company_id": "company.code", "name": "company.label"}
    )

    assert [(entry.intacct_id, entry.name) for entry in entries] == [("UK_1", "One")]


def test_a_list_without_anything_like_an_id_asks_for_a_mapping() -> None:
    assert refusal_of([{"label": "x", "size": 3}]) == [
        "No field of the items looks like a company ID (fields found: “label”, “size”). Name the field of the company "
        "ID under Configuration, Companies."
    ]


@pytest.mark.parametrize(
    ("document", "path", "items"),
    [
        ({"data": {"items": ["A"]}, "links": [{"rel": "next"}]}, "", ["A"]),
        ({"errors": [], "result": ["A"]}, "", ["A"]),
        ({"users": ["u"], "companies": ["A"]}, "", ["A"]),
        ({"users": ["u"], "firms": ["A"]}, "firms", ["A"]),
        ({"a": {"b": {"c": ["A"]}}}, "a.b.c", ["A"]),
    ],
)
def test_the_list_is_found_under_its_key(document, path, items) -> None:
    assert read_page("https://x.example/", document, {}, list_path=path, seen=0).items == items


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (7, "The answer of the companies API is a number, not a list of companies."),
        (
            {"users": ["u"], "firms": ["A"]},
            "The answer of the companies API holds several lists (“users”, “firms”). Name the one with the companies "
            "under Configuration, Companies.",
        ),
    ],
)
def test_an_answer_without_one_list_is_refused(document, message) -> None:
    with pytest.raises(CompanyListError) as refusal:
        read_page("https://x.example/", document, {}, list_path="", seen=0)

    assert refusal.value.message == message
