"""What recipients hold in their hands: rows put together again from attachments, archives and links."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from email.message import EmailMessage

import openpyxl

from notifications.report_links import PATH_PREFIX, verify_report_link

LINK = re.compile(re.escape(f"http://testserver{PATH_PREFIX}") + r"([A-Za-z0-9_.:%-]+)")
Files = Iterator[tuple[str, bytes]]


def files_of_message(message: EmailMessage) -> Files:
    """Attached files and files behind the links of the text."""
    for part in message.iter_attachments():
        yield from unpacked(part.get_filename(), part.get_payload(decode=True))
    yield from linked_files(message.get_body(("plain",)).get_content())


def files_of_graph_mail(mail: object) -> Files:
    for attachment in mail.attachments:
        if not attachment.inline:
            yield from unpacked(attachment.name, attachment.content)
    yield from linked_files(mail.body)


def linked_files(text: str) -> Files:
    for token in dict.fromkeys(LINK.findall(text)):
        stored = verify_report_link(token.replace("%3A", ":"))
        yield from unpacked(stored.file_name, stored.location.read_bytes())


def unpacked(name: str, content: bytes) -> Files:
    if not name.endswith(".zip"):
        yield name, content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for inner in archive.namelist():
            yield inner, archive.read(inner)


def rows_in(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, ...]]:
    """All data rows in the order they arrived; every file must begin with the header."""
    rows: list[tuple[str, ...]] = []
    for name, content in files:
        header, *data = _sheet(content) if name.endswith(".xlsx") else _table(content)
        assert header[0] == "Company ID", name
        rows += data
    return rows


def _table(content: bytes) -> list[tuple[str, ...]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return [tuple(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]


def _sheet(content: bytes) -> list[tuple[str, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    return list(sheet.iter_rows(values_only=True))
