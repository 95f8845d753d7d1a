"""The filters of a chart are told apart without seeing colours: each stands out from the ground, a gap parts them."""

import io
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageColor

from notifications.usage_chart import COLOURS, LEFT, PAPER, RIGHT, SCALE, WIDTH, chart_png

TOKENS = Path(settings.BASE_DIR) / "intacct_usage" / "static" / "css" / "tokens.css"
LEAST_CONTRAST = 3.0


def luminance(colour: str) -> float:
    parts = (value / 255 for value in ImageColor.getrgb(colour)[:3])
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_series_stands_out_from_the_surface(theme: int) -> None:
    pairs = re.findall(r"--(series-\w+|surface): light-dark\((#\w{6}), (#\w{6})\)", TOKENS.read_text(encoding="utf-8"))
    colours = {name: both[theme] for name, *both in pairs}
    surface = colours.pop("surface")

    assert len(colours) == 9
    assert {name for name, colour in colours.items() if contrast(colour, surface) < LEAST_CONTRAST} == set()


def test_a_filter_has_the_same_colour_in_a_mail_as_on_the_light_pages() -> None:
    tokens = dict(re.findall(r"--series-(\w+): light-dark\((#\w{6}), ", TOKENS.read_text(encoding="utf-8")))

    assert dict(enumerate(COLOURS)) == {int(slot) if slot != "other" else 0: colour for slot, colour in tokens.items()}


def test_every_colour_of_a_mail_stands_out_from_its_paper() -> None:
    assert [colour for colour in COLOURS if contrast(colour, PAPER) < LEAST_CONTRAST] == []


def test_the_parts_of_a_column_in_a_mail_are_parted_by_the_paper() -> None:
    figures = {
        "months": ["Mar 26"],
        "series": [{"name": "A", "slot": 3, "values": [50]}, {"name": "B", "slot": 0, "values": [50]}],
    }

    image = Image.open(io.BytesIO(chart_png(figures))).convert("RGB")
    middle = round((LEFT + (WIDTH - LEFT - RIGHT) / 2) * SCALE)
    column = [f"#{bytes(image.getpixel((middle, y))).hex()}" for y in range(image.height)]
    seen = [colour for colour, _ in itertools.groupby(column)]

    first = seen.index(COLOURS[0])
    assert seen[first : first + 3] == [COLOURS[0], PAPER, COLOURS[3]]
