"""The usage chart of a report mail: transactions by month, stacked by filter, as a PNG."""

import io
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from notifications.recipients import clean_header_text
from usage.analysis.charts import MonthState, UsageMonth, monthly_usage
from usage.periods import MONTH_NAMES
from usage.reports.scope import ReportScope

MONTHS_SHOWN = 13
# By slot, as on the light pages (static/css/tokens.css), so that a filter has one colour in both: 0 is grey. Each has a
# contrast of 3 : 1 or more to the paper, which parts them too.
COLOURS = (
    "#6f8085",
    *("#0a6470", "#b4571a", "#44509f", "#76811c", "#93336f", "#2b7fc0", "#7a5c3a", "#2f7d54"),
)
INK, FAINT, PAPER = "#333333", "#dddddd", "#ffffff"
# Letters large enough to be read where the picture is shown half as wide, on a telephone.
WIDTH, HEIGHT, SCALE, LETTERS = 480, 250, 3, 15
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 12, 28
LEGEND_LINE, WIDEST_COLUMN = 20, 56
NOT_WHOLE = {MonthState.UNFINISHED, MonthState.CUT}
STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80)


@dataclass(frozen=True)
class Series:
    """One filter: transactions in the order of the months, and the colour it has on the pages."""

    name: str
    slot: int
    values: list[int]

    @property
    def colour(self) -> str:
        return COLOURS[self.slot % len(COLOURS)]


def chart_figures(scope: ReportScope, today: date) -> dict[str, Any]:  # Any: JSON, read by `chart_png`
    """Transactions of the last months within the scope's period, by filter; empty if there are none.

    The running month is the last: a record dated in the future must not push the others out.
    """
    usage = monthly_usage(scope, today)
    months = [month for month in usage.months if month.month <= today][-MONTHS_SHOWN:]
    series = [
        Series(one.name, one.slot, [month.by_series[number].transactions for month in months])
        for number, one in enumerate(usage.series)
    ]
    series = [one for one in series if any(one.values)]
    if not series:
        return {}
    return {
        "note": "* not the whole month" if any(month.state in NOT_WHOLE for month in months) else "",
        "months": [_label(month) for month in months],
        "series": [asdict(one) for one in series],
    }


def _label(month: UsageMonth) -> str:
    mark = "*" if month.state in NOT_WHOLE else ""
    return f"{MONTH_NAMES[month.month.month - 1]} {month.month.year % 100:02d}{mark}"


def chart_png(figures: dict[str, Any]) -> bytes:  # Any: JSON of `chart_figures`
    """The picture, with its own light background so that it reads the same in dark mail programs."""
    series = [
        Series(one["name"], one.get("slot", number), one["values"])  # mails queued by older versions name no slot
        for number, one in enumerate(figures["series"], 1)
    ]
    drawing = _Drawing(figures["months"], series)
    drawing.draw()
    return drawing.png()


class _Drawing:
    """Draws larger than shown, for sharp text on fine screens."""

    def __init__(self, months: list[str], series: list[Series]) -> None:
        self.months, self.series = months, series
        self.font = ImageFont.load_default(size=LETTERS * SCALE)
        self.legend = self._legend_places()
        self.top = TOP + LEGEND_LINE * (1 + max(line for _, line, _ in self.legend))
        self.height = HEIGHT + self.top
        self.image = Image.new("RGB", (WIDTH * SCALE, self.height * SCALE), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.top_value = nice_ceiling(max(sum(one.values[at] for one in series) for at in range(len(months))))
        self.slot = (WIDTH - LEFT - RIGHT) / len(months)

    def draw(self) -> None:
        for one, (x, line, name) in zip(self.series, self.legend, strict=True):
            y = TOP + LEGEND_LINE * line
            self.pen.rectangle([(x * SCALE, (y - 5) * SCALE), ((x + 10) * SCALE, (y + 5) * SCALE)], fill=one.colour)
            self._text(x + 15, y, name, anchor="lm")
        self._grid()
        spacing = 1 if len(self.months) <= 6 else 2
        for position, label in enumerate(self.months):
            self._column(position)
            if (len(self.months) - 1 - position) % spacing == 0:
                self._text(LEFT + self.slot * (position + 0.5), self.height - BOTTOM + 8, label, anchor="mt")

    def png(self) -> bytes:
        stream = io.BytesIO()
        self.image.quantize(64).save(stream, "PNG", optimize=True)
        return stream.getvalue()

    def _legend_places(self) -> list[tuple[float, int, str]]:
        """Left edge, line and name of each filter; in as many lines as it takes."""
        places: list[tuple[float, int, str]] = []
        x, line = float(LEFT), 0
        for one in self.series:
            name = clean_header_text(one.name, limit=48)
            width = self.font.getlength(name) / SCALE + 28
            if places and x + width > WIDTH:
                x, line = float(LEFT), line + 1
            places.append((x, line, name))
            x += width
        return places

    def _height_of(self, value: float) -> float:
        return self.height - BOTTOM - (self.height - self.top - BOTTOM) * value / self.top_value

    def _grid(self) -> None:
        for step in range(5):
            value = self.top_value * step / 4
            y = self._height_of(value)
            self.pen.line([(LEFT * SCALE, y * SCALE), ((WIDTH - RIGHT) * SCALE, y * SCALE)], fill=FAINT, width=SCALE)
            self._text(LEFT - 8, y, short_number(value), anchor="rm")

    def _column(self, position: int) -> None:
        middle = LEFT + self.slot * (position + 0.5)
        half = min(self.slot * 0.64, WIDEST_COLUMN) / 2
        bottom = 0.0
        for one in self.series:
            top = bottom + one.values[position]
            if top > bottom:
                upper, lower = self._height_of(top) * SCALE, self._height_of(bottom) * SCALE
                left, right = (middle - half) * SCALE, (middle + half) * SCALE
                self.pen.rectangle([(left, upper), (right, lower)], fill=one.colour)
                if bottom and lower - upper > 2 * SCALE:
                    self.pen.rectangle([(left, lower - SCALE), (right, lower)], fill=PAPER)
            bottom = top

    def _text(self, x: float, y: float, text: str, *, anchor: str) -> None:
        self.pen.text((x * SCALE, y * SCALE), text, fill=INK, font=self.font, anchor=anchor)


def nice_ceiling(value: int) -> int:
    """The next number whose quarters read well: 4, 8, 12, 40, 60, 100, 120, 200 …"""
    scale = 1
    while True:
        for step in STEPS:
            if 4 * step * scale >= value:
                return 4 * step * scale
        scale *= 10


def short_number(value: float) -> str:
    """For an axis: 950, 12.5k, 3M."""
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= limit:
            return f"{value / limit:.2f}".rstrip("0").rstrip(".") + unit
    return f"{value:g}"
