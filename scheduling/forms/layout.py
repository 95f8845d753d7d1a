"""How the form of a schedule is laid out: cards, the fields of each kind together, switches."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, LayoutObject

from scheduling.models import Schedule
from usage.forms.layout import page_helper

Kind = Schedule.Kind
SWITCHES = "scheduling/fields/switches.html"
SEGMENTS = "scheduling/fields/segments.html"
TICKS = "scheduling/fields/ticks.html"


def schedule_helper() -> FormHelper:
    return page_helper("version", _when(), _what(), _who(), _which_reports(), _alerts())


def _card(symbol: str, title: str, *fields: str | LayoutObject) -> Div:
    """One part of the form under its heading."""
    identifier = title.lower().replace(" ", "-")
    icon = f'{{% load product %}}{{% icon "{symbol}" %}}'
    heading = f'<div class="card-head"><h2 id="{identifier}-title">{icon} {title}</h2></div>'
    return Div(
        HTML(heading),
        *fields,
        css_id=f"{identifier}-card",
        css_class="card-box",
        role="group",
        aria_labelledby=f"{identifier}-title",
    )


def _for(kinds: str, *fields: str | LayoutObject) -> Div:
    """Fields that only some kinds of schedule have (static/js/schedules.js shows and hides them)."""
    return Div(*fields, css_class="kind-part", data_kinds=kinds)


def _including(template: str) -> HTML:
    return HTML(f'{{% include "scheduling/{template}" %}}')


def _when() -> Div:
    fields = Div(
        "name",
        Field("kind", template=SEGMENTS),
        _for(Kind.ONE_OFF, "one_off_at"),
        _for(Kind.INTERVAL, Div("interval_every", "interval_unit", css_class="field-pair")),
        _for(Kind.WEEKLY, Field("weekdays", template=TICKS)),
        _for(Kind.MONTHLY, "month_day"),
        _for(f"{Kind.DAILY} {Kind.WEEKLY} {Kind.MONTHLY}", "at"),
        _for(Kind.CRON, "cron"),
        "zone",
        css_class="when-fields",
    )
    return _card("clock", "Name and time", Div(fields, _including("next_runs.html"), css_class="when"))


def _what() -> Div:
    return _card(
        "cloud-arrow-down",
        "What is fetched",
        "query_filter",
        _including("filter_matches.html"),
        Field("reports_only", wrapper_class="form-switch"),
        Div(Field("full_refresh", wrapper_class="form-switch"), _including("full_refresh_off.html")),
        Div(Field("keep_history", wrapper_class="form-switch"), _including("keep_history_off.html")),
        HTML('<details class="more"><summary>Records that come late</summary>'),
        "lookback_days",
        HTML("</details>"),
    )


def _who() -> Div:
    return _card("people", "Who gets the reports", Field("emails", template=SWITCHES))


def _which_reports() -> Div:
    return _card(
        "file-earmark-spreadsheet",
        "Reports",
        Field("reports", template=TICKS),
        Field("report_format", template=SEGMENTS),
        _including("report_sizes.html"),
        "report_start",
        Field("complete_months", wrapper_class="form-switch"),
        Field("skip_empty", wrapper_class="form-switch"),
        "subject_template",
        _including("subject_preview.html"),
    )


def _alerts() -> Div:
    return _card("bell", "Alerts", Field("alerts", template=SWITCHES))
