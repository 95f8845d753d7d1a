"""Tags and filters of every page: times with their zone, grouped numbers, safe names, icons, badges, addresses."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from intacct_usage.lib.access import Right, may
from intacct_usage.lib.page_parts import badge, icon
from intacct_usage.lib.redaction import escape_line

register = template.Library()
register.simple_tag(icon)
register.simple_tag(badge)

NOTHING = format_html('<span class="nothing"><span aria-hidden="true">–</span><span class="{}">none</span></span>',
                      "visually-hidden")  # fmt: skip
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
MORE = "…"


class Look(NamedTuple):
    tone: str
    icon: str


STATUS_LOOKS: Mapping[str, Look] = {
    "success": Look("good", "check-circle-fill"),
    "running": Look("busy", "play-circle-fill"),
    "error": Look("bad", "x-circle-fill"),
    "stopped": Look("warn", "stop-circle"),
    "disabled": Look("quiet", "pause-circle"),
    "pending": Look("plain", "circle"),
}


@register.simple_tag
def local_time(moment: datetime | None, style: str = "long") -> SafeString:
    """A moment in the installation's zone, the zone beside it, UTC and age on hover and focus; “–” for None.

    `style`: "long" (24 Nov 2026, 03:30 GMT) or "short" (24 Nov, 03:30 GMT), for narrow tables.
    """
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment)
    day = f"{local.day} {local:%b}" if style == "short" else f"{local.day} {local:%b %Y}"
    utc = moment.astimezone(UTC)
    return format_html(
        '<time class="moment" datetime="{}" title="{} UTC" tabindex="0">{}, {} '
        '<abbr class="zone" title="{}">{}</abbr></time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        day,
        local.strftime("%H:%M"),
        settings.TIME_ZONE,
        local.strftime("%Z"),
    )


@register.simple_tag
def countdown(moment: datetime | None) -> SafeString:
    """“in 2 h 5 min”, kept going by a script; the plain moment is beside it wherever this is used."""
    if moment is None:
        return NOTHING
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_html('<span class="countdown" data-countdown="{}"></span>', stamp)


@register.simple_tag
def calendar_day(day: date | None) -> SafeString:
    """A day of Intacct's calendar, which has no zone: 24 Nov 2026."""
    if day is None:
        return NOTHING
    return format_html('<time datetime="{}">{} {}</time>', day.isoformat(), day.day, day.strftime("%b %Y"))


@register.simple_tag
def month_name(day: date) -> str:
    return day.strftime("%b %Y")


@register.filter
def number(value: float | None) -> SafeString | str:
    """Grouped digits of a count: 1,234,567; “–” for None. Put it in a cell of class `num`."""
    if value is None:
        return NOTHING
    return str(number_format(value, use_l10n=True, force_grouping=True))


@register.filter
def percent(part: float | None, whole: float) -> SafeString | str:
    """`part` of `whole` as 12.3 %, rounded; “–” where there is no whole."""
    if part is None or not whole:
        return NOTHING
    return f"{number_format(round(100 * part / whole, 1), decimal_pos=1)} %"


@register.filter
def safe_text(value: object, length: int = 0) -> SafeString:
    """Text from outside with control, invisible and direction-changing characters shown as visible codes.

    `length` cuts longer texts and marks the cut. The layout holds: put it in an element of class `outside-text`.
    """
    text = str(value)
    shortened = bool(length) and len(text) > length
    pieces = format_html_join("", "{}", ((_visible(character),) for character in (text[:length] if length else text)))
    return format_html("<bdi>{}{}</bdi>", pieces, MORE if shortened else "")


@register.filter
def safe_texts(values: Iterable[object], length: int = 0) -> SafeString:
    """Several texts from outside, with commas between them; `length` cuts each."""
    return format_html_join(", ", "{}", ((safe_text(value, length),) for value in values))


@register.filter
def one_line(value: object, length: int = 120) -> str:
    """Like `safe_text` for where no markup can stand: titles, attributes, dialogs. Codes are written as \\u202e."""
    return escape_line(str(value), length)


def _visible(character: str) -> SafeString | str:
    if unicodedata.category(character) not in HIDDEN_CATEGORIES:
        return character
    return format_html('<span class="code-point">U+{}</span>', f"{ord(character):04X}")


@register.inclusion_tag("includes/status_badge.html")
def status_badge(status: str, detail: str = "", at: datetime | None = None) -> dict[str, Any]:  # Any: context
    """One of the six words of the user guide, with its sub-state and, on hover and focus, its time."""
    look = STATUS_LOOKS[status.lower()]
    return {"word": status.capitalize(), "look": look, "detail": detail, "at": at}


@register.simple_tag(takes_context=True)
def query_string(context: template.Context, **changes: object) -> str:
    """The page's query string with parameters replaced; None or "" removes one. Drops `page` unless that is given."""
    parameters = context["request"].GET.copy()
    for name, value in {"page": None, **changes}.items():
        parameters.pop(name, None)
        if value not in (None, ""):
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}" if parameters else "?"


@register.inclusion_tag("includes/sort_header.html", takes_context=True)
def sort_header(context: template.Context, key: str, label: str, css: str = "") -> dict[str, Any]:  # Any: context
    """A column heading that sorts; the page's view gives `listing` (intacct_usage.lib.listing)."""
    sort = context["listing"].sort
    current = sort.lstrip("-") == key
    descending = current and sort.startswith("-")
    target = key if descending or (not current and css != "num") else f"-{key}"
    return {
        "label": label,
        "css": css,
        "address": query_string(context, sort=target),
        "order": ("descending" if descending else "ascending") if current else "",
    }


@register.simple_tag(takes_context=True)
def can(context: template.Context, right: str) -> bool:
    """`{% can "operate_runs" as may_run %}`: whether the user of this page has the right."""
    return may(context["request"].user, Right(f"intacct_usage.{right}"))
