"""Everything of a workbook but the rows of its tables, made by XlsxWriter: styles, views, widths, filters, facts.

Rows are written by `xlsx_rows` as XML straight into the file, because a library call per cell is what a large workbook
spends its time on (docs/performance.md).
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter
from django.utils import timezone
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from usage.reports.cells import xlsx_text
from usage.reports.tables import Column, ColumnKind

NUMBER_FORMATS = {
    ColumnKind.TEXT: "@",
    ColumnKind.SHARED_TEXT: "@",
    ColumnKind.NUMBER: "0",
    ColumnKind.DATE: "yyyy-mm-dd",
    ColumnKind.CLOCK: "yyyy-mm-dd hh:mm:ss",
    ColumnKind.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
OPTIONS = {
    "constant_memory": True,  # its table of shared strings would take _x003D_ in a text for the code of a character
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
STYLE_ROW, BOLD_ROW, LAST_ROW = 1, 2, 3  # below the header
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_FILTER_RANGE = re.compile(r"<autoFilter ref=\"[^\"]*\"/>")
_STYLE = re.compile(r"<c r=\"[A-Z]+(\d+)\" s=\"(\d+)\"")

Facts = Sequence[tuple[str, str]]
Styles = dict[ColumnKind, int]


@dataclass(frozen=True)
class SheetPlan:
    """One sheet of a table; `filtered_rows` below the header stand under the filter arrows."""

    title: str
    columns: tuple[Column, ...]
    filtered_rows: int = 0


@dataclass(frozen=True)
class SheetFrame:
    """What surrounds the rows of a sheet, and the numbers of the styles its cells take."""

    head: str
    tail: str
    styles: Styles
    bold_styles: Styles

    def tail_for(self, filter_range: str) -> str:
        """The end of the sheet, with filter arrows over a range."""
        return _FILTER_RANGE.sub(f'<autoFilter ref="{filter_range}"/>', self.tail)


def sheet_frame(plan: SheetPlan, created_at: datetime, *, selected: bool) -> SheetFrame:
    """The frame of a sheet; `selected` for the one that is in front when the file is opened."""
    parts = dict(frame_parts([plan], {}, created_at))
    xml = _DIMENSION.sub("", parts["xl/worksheets/sheet1.xml"].decode())
    head, rest = xml.split("</row>", 1)
    tail = rest.split("</sheetData>")[1]
    if not selected:
        head = head.replace(' tabSelected="1"', "", 1)
    styles, bold_styles = styles_of(xml)
    return SheetFrame(f"{head}</row>", f"</sheetData>{tail}", styles, bold_styles)


def styles_of(sheet_xml: str) -> tuple[Styles, Styles]:
    """The numbers of the styles and of the bold ones, from a sheet of samples as `frame_parts` makes it."""
    styles: dict[int, Styles] = {STYLE_ROW: {}, BOLD_ROW: {}}
    samples = sheet_xml.split("</row>", 1)[1]
    for kind, (row, style) in zip([*ColumnKind] * 2, _STYLE.findall(samples), strict=True):
        styles[int(row) - 1][kind] = int(style)
    return styles[STYLE_ROW], styles[BOLD_ROW]


def frame_parts(
    plans: Sequence[SheetPlan], facts: dict[str, Facts], created_at: datetime
) -> Iterator[tuple[str, bytes]]:
    """The parts of the whole workbook, by name; its tables have no rows but samples of every style."""
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, OPTIONS)
    book.set_properties({"created": timezone.localtime(created_at).replace(tzinfo=None)})
    heading = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    plain, bold = _formats(book), _formats(book, bold=True, top=1)
    for plan in plans:
        sheet = _table_sheet(book, plan, heading)
        for row, styles in ((STYLE_ROW, plain), (BOLD_ROW, bold)):
            for position, kind in enumerate(ColumnKind):
                sheet.write_blank(row, position, None, styles[kind])
        sheet.write_string(LAST_ROW, 0, "end")  # a style gets its number when the row after it begins
    for title, lines in facts.items():
        _facts_sheet(book.add_worksheet(title), lines, heading, wrapped)
    book.close()
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _formats(book: xlsxwriter.Workbook, **properties: int) -> dict[ColumnKind, Format]:
    return {kind: book.add_format({"num_format": code, **properties}) for kind, code in NUMBER_FORMATS.items()}


def _table_sheet(book: xlsxwriter.Workbook, plan: SheetPlan, heading: Format) -> Worksheet:
    sheet = book.add_worksheet(plan.title)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.autofilter(0, 0, plan.filtered_rows, len(plan.columns) - 1)
    for position, column in enumerate(plan.columns):
        sheet.set_column(position, position, column.width)
        sheet.write_string(0, position, column.header, heading)
    return sheet


def _facts_sheet(sheet: Worksheet, facts: Facts, heading: Format, wrapped: Format) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    for position, (name, text) in enumerate(facts):
        sheet.write_string(position, 0, name, heading)
        text, _ = xlsx_text(text)
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take it for ready-made markup and write it unescaped; in pieces it is plain text.
            sheet.write_rich_string(position, 1, text[:1], text[1:3], text[3:], wrapped)
        else:
            sheet.write_string(position, 1, text, wrapped)
