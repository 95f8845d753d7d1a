"""Where the query functions get their rows from: one object of one company at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .companies import SimulatedCompany
from .gateway_tables import DETAIL, TableRow, summary_rows


@dataclass(frozen=True)
class Page:
    rows: Sequence[TableRow]
    total: int


@dataclass(frozen=True)
class TableSource:
    """Rows of `name` that `company` shows at `now`. Bounds are seconds from 1970 in the company's own zone."""

    company: SimulatedCompany
    name: str
    now: datetime

    def rows(self, since: int | None, until: int | None) -> list[TableRow]:
        """All rows in the span, in the stored order; other objects than the detail ignore the span."""
        if self.name == DETAIL:
            return list(self.company.visible_rows(self.now, since=self._instant(since), until=self._instant(until)))
        return list(summary_rows(self.company, self.now))

    def page(self, since: int | None, until: int | None, *, offset: int, size: int) -> Page:
        """A page of the detail rows in the span, in the stored order."""
        rows, total = self.company.visible_page(
            self.now, self._instant(since), until=self._instant(until), offset=offset, size=size
        )
        return Page(rows, total)

    def _instant(self, second: int | None) -> int | None:
        return None if second is None else second - self.company.offset_seconds
