"""Pages read as tables: the same rows as the patient way finds, whatever the page looks like."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from usage.gateway.row_tables import RowTable, read_table

NAMES = ["RECORDNO", "LOGINID", "recordno", "STATUS"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\r\t"), max_size=8)
RECORDS = st.lists(st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=4), max_size=4)


def document(records: list[list[tuple[str, str]]], name: str = "DETAIL") -> etree._Element:
    data = etree.Element("data", listtype=name)
    for record in records:
        element = etree.SubElement(data, name)
        for field, text in record:
            etree.SubElement(element, field).text = text.replace("￾", "").replace("￿", "") or None
    return etree.fromstring(etree.tostring(data))


def patiently(data: etree._Element) -> list[dict[str, str | None]]:
    return [{field.tag.upper(): field.text for field in record} for record in data]


@settings(max_examples=300, deadline=None)
@given(RECORDS)
def test_a_table_holds_what_the_elements_hold(records: list[list[tuple[str, str]]]) -> None:
    data = document(records)

    table = read_table(data, "DETAIL")

    assert table is None or table == patiently(data)


def test_equal_records_are_read_as_a_table_in_any_case_of_the_object_name() -> None:
    data = document([[("RECORDNO", "1"), ("LOGINID", "a & <b>\r")], [("RECORDNO", "2"), ("LOGINID", "")]], "detail")

    table = read_table(data, "DETAIL")

    assert isinstance(table, RowTable)
    assert list(table) == [{"RECORDNO": "1", "LOGINID": "a & <b>\r"}, {"RECORDNO": "2", "LOGINID": None}]
    assert (table[1]["RECORDNO"], table[1:][0]["RECORDNO"]) == ("2", "2")


@pytest.mark.parametrize(
    "odd",
    [
        "<DETAIL><LOGINID>a</LOGINID><RECORDNO>2</RECORDNO></DETAIL>",
        "<DETAIL><RECORDNO>2</RECORDNO></DETAIL>",
        "<DETAIL><RECORDNO>2</RECORDNO><LOGINID>a</LOGINID><MORE>b</MORE></DETAIL>",
        "<DETAIL><RECORDNO x='y'>2</RECORDNO><LOGINID>a</LOGINID></DETAIL>",
        "<DETAIL><RECORDNO>2</RECORDNO><LOGINID>a<B/></LOGINID></DETAIL>",
        "<OTHER><DETAIL><RECORDNO>2</RECORDNO><LOGINID>a</LOGINID></DETAIL></OTHER>",
        "<DETAIL><DETAIL><RECORDNO>2</RECORDNO><LOGINID>a</LOGINID></DETAIL></DETAIL>",
    ],
)
def test_one_record_of_another_shape_leaves_the_page_to_the_patient_way(odd: str) -> None:
    plain = "<DETAIL><RECORDNO>1</RECORDNO><LOGINID>a</LOGINID></DETAIL>"

    assert read_table(etree.fromstring(f"<data>{plain}{plain}</data>"), "DETAIL") is not None
    assert read_table(etree.fromstring(f"<data>{plain}{odd}{plain}</data>"), "DETAIL") is None


def test_an_empty_page_is_no_table() -> None:
    assert read_table(etree.fromstring("<data/>"), "DETAIL") is None
