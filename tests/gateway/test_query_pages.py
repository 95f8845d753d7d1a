"""Rows and counts of a page: tolerant in letters' case, strict in numbers (F16)."""

import pytest

from tests.gateway import answers
from usage.gateway.errors import GatewayError
from usage.gateway.objects import ObjectField, Page
from usage.gateway.responses import parse_answer, read_fields, read_page

ROW = "<APIUSAGEDETAIL><RECORDNO>1</RECORDNO><POLICYID></POLICYID><STATUS/></APIUSAGEDETAIL>"
RECORD = {"RECORDNO": "1", "POLICYID": None, "STATUS": None}


def read(body: bytes, offset: int = 0) -> Page:
    return read_page(parse_answer(body), object_name="APIUSAGEDETAIL", offset=offset)


def test_a_page_has_its_rows_and_counts() -> None:
    page = read(answers.page(ROW, ROW, totalcount=7, offset=2, numremaining=3), offset=2)

    assert page == Page(rows=[RECORD, RECORD], total_count=7, offset=2, count=2, remaining=3)


def test_an_empty_page_is_a_page() -> None:
    assert read(answers.success()) == Page(rows=[], total_count=0, offset=0, count=0, remaining=0)


@pytest.mark.parametrize("row", [ROW.lower(), ROW.title(), ROW.replace("APIUSAGEDETAIL", "apiusagedetail")])
def test_object_and_field_names_come_in_any_case(row: str) -> None:
    assert read(answers.page(row)).rows == [RECORD]


def test_missing_counts_follow_from_the_others() -> None:
    page = read(answers.page(ROW, totalcount=9, count=None, offset=None, numremaining=None), offset=3)

    assert (page.count, page.offset, page.remaining) == (1, 3, 5)


def test_new_lines_and_special_characters_in_fields_are_kept() -> None:
    page = read(answers.page("<APIUSAGEDETAIL><LOGINID>a &lt; b\n&amp;c</LOGINID></APIUSAGEDETAIL>"))

    assert page.rows == [{"LOGINID": "a < b\n&c"}]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (answers.page(ROW, totalcount=None), "The result of the query does not tell its total count."),
        (answers.page(ROW, totalcount="many"), "The result gives no number for totalcount."),
        (answers.page(ROW, totalcount=-1), "The result gives no number for totalcount."),
        (answers.page(ROW, totalcount="٣"), "The result gives no number for totalcount."),
        (answers.page(ROW, count=2), "The result announces 2 rows but holds 1."),
        (answers.page(ROW, ROW, count=1), "The result announces 1 rows but holds 2."),
        (answers.page("<OTHER/>"), "The result announces 1 rows but holds 0."),
        (answers.page(ROW, offset=5), "Rows from 0 on were asked for, rows from 5 on came."),
        (answers.success(""), "The result of the query holds no data."),
    ],
)
def test_counts_that_are_missing_or_contradict_are_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(GatewayError) as refused:
        read(body)

    assert (refused.value.family, refused.value.text) == ("unexpected_answer", sentence)


def test_the_fields_of_an_object_are_read_from_its_description() -> None:
    field = (
        "<Field><ID>status</ID><LABEL>Status</LABEL><DESCRIPTION>How it went</DESCRIPTION><REQUIRED>true</REQUIRED>"
        "<READONLY>true</READONLY><DATATYPE>ENUM</DATATYPE><VALIDVALUES><VALIDVALUE>a</VALIDVALUE><VALIDVALUE/></VALIDVALUES>"
        "<ISCUSTOM>false</ISCUSTOM></Field><Field><ID>N_TRANS</ID></Field>"
    )
    body = answers.success(f'<data listtype="All" count="1"><Type Name="X"><Fields>{field}</Fields></Type></data>')

    assert read_fields(parse_answer(body)) == [
        ObjectField("STATUS", "Status", "ENUM", "How it went", True, True, False, ("a", "")),
        ObjectField("N_TRANS", "", ""),
    ]


def test_a_description_without_fields_is_refused() -> None:
    with pytest.raises(GatewayError, match="The description of the object holds no fields"):
        read_fields(parse_answer(answers.success("<data/>")))
