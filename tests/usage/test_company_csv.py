"""The CSV file of companies comes back byte for byte, and a wrong line changes nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_company, make_filter
from usage.companies.csv_file import COLUMNS, export_companies, import_companies, read_csv
from usage.companies.entries import CompanyListError, company_key
from usage.models import Company

pytestmark = pytest.mark.django_db

HEADER = ",".join(COLUMNS)
STORABLE = st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00")
TEXTS = st.text(STORABLE, max_size=30) | st.sampled_from(
    ["=1+1", "'=1+1", "''-x", "-5", "'-5", "+44 20", "@x", '"', "a\r\nb", "\r", "\n", "0042", "＝x", ",;", "\t", " x "]
)
IDS = st.text(st.characters(whitelist_categories=("L", "N", "P")), min_size=1, max_size=20)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)


def csv_file(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def refusal_of(content: bytes) -> list[str]:
    with pytest.raises(CompanyListError) as refusal:
        import_companies(content, imported_by="ann")
    return refusal.value.problems


def test_a_file_has_the_columns_and_the_listed_companies_in_order() -> None:
    make_company("b", name='The "B", Ltd', sage_account_number="0042", reseller="=HYPERLINK(1)")
    make_company("a", skipped_at=EARLIER, skip_reason="two\nlines")
    make_company("gone", removed_at=EARLIER)

    assert export_companies() == (
        b"\xef\xbb\xbfcompany_id,name,sage_account_number,reseller,skipped,skip_reason\r\n"
        b'a,,,,yes,"two\nlines"\r\n'
        b'b,"The ""B"", Ltd",0042,\'=HYPERLINK(1),no,\r\n'
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    rows=st.lists(
        st.tuples(IDS, TEXTS, TEXTS, TEXTS, st.none() | TEXTS), max_size=5, unique_by=lambda row: company_key(row[0])
    )
)
def test_export_import_export_gives_the_same_bytes_on_an_empty_and_on_the_same_list(db, rows) -> None:
    Company.objects.all().delete()
    for company_id, name, account, reseller, reason in rows:
        skip = {} if reason is None else {"skipped_at": EARLIER, "skip_reason": reason}
        make_company(company_id, name=name, sage_account_number=account, reseller=reseller, **skip)
    stored = list(Company.objects.order_by("intacct_id").values_list("intacct_id", "name", "reseller", "skip_reason"))
    exported = export_companies()
    if not rows:
        return

    import_companies(exported, imported_by="ann")
    assert export_companies() == exported
    Company.objects.all().delete()
    import_companies(exported, imported_by="ann")

    assert export_companies() == exported
    assert (
        list(Company.objects.order_by("intacct_id").values_list("intacct_id", "name", "reseller", "skip_reason"))
        == stored
    )


def test_an_import_adds_and_changes_and_leaves_the_others_alone() -> None:
    uk = make_filter("UK", "UK_")
    other, changed = make_company("other", name="kept"), make_company("UK_1", name="old")

    changes = import_companies(csv_file("UK_1,new,007,r,yes,why", "UK_2,,,,no,"), imported_by="ann")

    changed.refresh_from_db()
    other.refresh_from_db()
    assert changes.summary == "1 new, 1 changed, 0 gone, 0 unchanged"
    assert (changed.name, changed.sage_account_number, changed.skip_reason, changed.skipped_by) == (
        "new",
        "007",
        "why",
        "ann",
    )
    assert changed.is_skipped
    assert other.name == "kept"
    assert Company.objects.get(intacct_id="UK_2").query_filter == uk


def test_a_company_that_is_skipped_already_keeps_when_and_by_whom() -> None:
    company = make_company("A", skipped_at=EARLIER, skipped_by="bob", skip_reason="why")

    import_companies(csv_file("A,new name,,,yes,why"), imported_by="ann")

    company.refresh_from_db()
    assert (company.name, company.skipped_at, company.skipped_by) == ("new name", EARLIER, "bob")


def test_missing_columns_leave_their_values_alone_and_empty_fields_empty_them() -> None:
    company = make_company("A", name="Acme", reseller="r", skipped_at=EARLIER, skip_reason="why")

    import_companies(csv_file("A,", header="company_id,reseller"), imported_by="ann")

    company.refresh_from_db()
    assert (company.name, company.reseller, company.skip_reason, company.is_skipped) == ("Acme", "", "why", True)


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", ["The file is empty."]),
        (csv_file(), ["The file holds no companies."]),
        (b"company_id\nA\xff\n", ["Line 2 is not UTF-8 text. Save the file as “CSV UTF-8”."]),
        (
            csv_file("A", header="company_id,colour"),
            [
                "Line 1: the column “colour” is not known. "
                f"The columns are {', '.join(COLUMNS)}, separated by commas, semicolons or tabs."
            ],
        ),
        (csv_file("A,b"), ["Line 2 has 2 fields, the header 6."]),
        (csv_file('A,"b"c,,,no,'), ["Line 2 cannot be read as CSV: ',' expected after '\"'."]),
        (
            csv_file('A,"two\nlines",,,no,', "B,,,,maybe,", ",x,,,no,", "C,,,,no,why"),
            [
                "Line 4: skipped must be yes or no.",
                "Line 5: the company ID is empty.",
                "Line 6: there is a skip_reason, but skipped is not yes.",
            ],
        ),
        (
            csv_file("UK_1,,,,no,", "DE_1,,,,no,", " uk_1,,,,no,"),
            ["Line 4: the company ID “uk_1” already stands in line 2 (there written “UK_1”)."],
        ),
        (csv_file(f"A,{'n' * 201},,,no,"), ["Line 2: name has 201 characters; at most 200 are possible."]),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(content, problems) -> None:
    assert refusal_of(content) == problems
    assert not Company.objects.exists()


def test_files_of_spreadsheets_are_read_with_and_without_a_byte_order_mark_and_with_empty_lines() -> None:
    lines = "company_id,name\r\nA,Ä\r\n,\r\n\r\n"

    assert (
        read_csv(lines.encode("utf-8-sig"))
        == read_csv(lines.encode())
        == read_csv(lines.replace("\r\n", "\n").encode())
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_header_tells_the_separator_that_the_spreadsheet_wrote(separator, quote) -> None:
    header = separator.join(f"{quote}{column}{quote}" for column in ("company_id", "name", "reseller"))
    values = separator.join(["A", f'"Ä{separator} ""B"""', "1,5; x" if separator == "\t" else "x"])

    (entry,) = read_csv(f"{header}\r\n{values}\r\n".encode("utf-8-sig"))

    assert (entry.intacct_id, entry.name) == ("A", f'Ä{separator} "B"')
    assert entry.reseller == ("1,5; x" if separator == "\t" else "x")


def test_another_separator_below_the_header_is_told_by_its_line() -> None:
    assert refusal_of(csv_file("A,Acme", header="company_id;name")) == ["Line 2 has 1 field, the header 2."]
