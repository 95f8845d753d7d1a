"""Reads the rows of a page as a table where they all have the same shape, which they nearly always have.

The document has been parsed and checked before. Written out again by the parser it has one form only (no comments, no
CDATA, no entities but four), so that one pattern made from the first record finds every record at a third of the cost
of asking each element for its name and text. A page in which anything differs is left to the patient way.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import overload

from lxml import etree

from usage.gateway.objects import Row

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OTHER_REFERENCE = re.compile(r"&(?!lt;|gt;|amp;|#13;)")
MOST_FIELDS = 90  # what one pattern can capture with certainty


class RowTable(Sequence[Row]):
    """Rows of one shape: `names` in upper case, and for each row its texts in that order (empty where there is none).

    As a sequence it is the rows as dictionaries, made when asked for.
    """

    def __init__(self, names: Sequence[str], cells: list[tuple[str, ...]]) -> None:
        self.names = tuple(names)
        self.cells = cells

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self.cells)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "RowTable": ...
    def __getitem__(self, index: int | slice) -> "Row | RowTable":
        if isinstance(index, slice):
            return RowTable(self.names, self.cells[index])
        return self._row(self.cells[index])

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment] # as for a list

    def _row(self, cells: tuple[str, ...]) -> Row:
        return {name: text or None for name, text in zip(self.names, cells, strict=True)}


def read_table(data: etree._Element, object_name: str) -> RowTable | None:
    """The records of an element as a table; None if there are none or they differ in shape."""
    first = next(iter(data), None)
    if first is None or first.tag.upper() != object_name.upper():
        return None
    tags = tuple(field.tag for field in first)
    names = [tag.upper() for tag in tags]
    plain = all(_NAME.fullmatch(tag) for tag in (first.tag, *tags))
    if not plain or len(set(names)) != len(names) or not 2 <= len(tags) <= MOST_FIELDS:
        return None
    text = etree.tostring(data, encoding="unicode", with_tail=False)
    cells: list[tuple[str, ...]] = _pattern(first.tag, tags).findall(text)
    # As many records of this shape as there are elements, and not a tag besides theirs: nothing else is in the page.
    tag_count = len(data) * (2 * len(tags) + 2) + 2
    if len(cells) != len(data) or text.count("<") + text.count("/>") != tag_count or _OTHER_REFERENCE.search(text):
        return None
    if "&" in text:
        cells = [tuple(_unescaped(cell) for cell in row) for row in cells]
    return RowTable(names, cells)


@lru_cache(maxsize=32)
def _pattern(record: str, fields: tuple[str, ...]) -> re.Pattern[str]:
    inner = "".join(rf"\s*<{field}(?:/>|>([^<]*)</{field}>)" for field in map(re.escape, fields))
    return re.compile(rf"<{re.escape(record)}>{inner}\s*</{re.escape(record)}>")


def _unescaped(text: str) -> str:
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&#13;", "\r").replace("&amp;", "&")
