"""The days a report covers and what they are called."""

from datetime import date

import pytest

from usage.periods import ALL_DATA, PeriodPreset, ReportPeriod, period_for, preset_period

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("today", "last_day"),
    [
        (date(2026, 11, 30), date(2026, 10, 31)),
        (date(2026, 12, 1), date(2026, 11, 30)),
        (date(2027, 1, 1), date(2026, 12, 31)),
        (date(2027, 1, 31), date(2026, 12, 31)),
        (date(2028, 3, 1), date(2028, 2, 29)),
        (date(2027, 3, 15), date(2027, 2, 28)),
    ],
)
def test_complete_months_leave_out_the_running_month_and_hold_the_one_just_ended(today, last_day) -> None:
    assert period_for(None, complete_months=True, today=today) == ReportPeriod(None, last_day)


@pytest.mark.parametrize(
    ("until", "last_day"),
    [
        (date(2026, 9, 15), date(2026, 9, 15)),
        (date(2026, 10, 31), date(2026, 10, 31)),
        (date(2026, 11, 10), date(2026, 10, 31)),
        (date(2027, 1, 1), date(2026, 10, 31)),
    ],
)
def test_complete_months_never_lengthen_what_was_asked_for(until, last_day) -> None:
    period = period_for(date(2026, 9, 1), until, complete_months=True, today=TODAY)

    assert period == ReportPeriod(date(2026, 9, 1), last_day)


def test_without_complete_months_the_ends_stay_as_asked() -> None:
    start, until = date(2026, 9, 5), date(2026, 12, 31)

    assert period_for(start, until, complete_months=False, today=TODAY) == ReportPeriod(start, until)
    assert period_for(None, complete_months=False, today=TODAY) == ALL_DATA


def test_a_start_inside_the_running_month_leaves_no_complete_month() -> None:
    period = period_for(date(2026, 11, 2), complete_months=True, today=TODAY)

    assert period.is_empty
    assert not any(period.contains(date(2026, month, 15)) for month in (9, 10, 11, 12))


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2026, 8, 31), False), (date(2026, 9, 1), True), (date(2026, 9, 30), True), (date(2026, 10, 1), False)],
)
def test_both_ends_are_included(day, inside) -> None:
    assert ReportPeriod(date(2026, 9, 1), date(2026, 9, 30)).contains(day) is inside


def test_an_open_end_holds_every_day_on_its_side() -> None:
    assert ALL_DATA.contains(date(1999, 1, 1))
    assert ReportPeriod(None, TODAY).contains(date(1999, 1, 1))
    assert ReportPeriod(TODAY, None).contains(date(2999, 1, 1))
    assert not ReportPeriod(TODAY, None).contains(date(1999, 1, 1))


@pytest.mark.parametrize(
    ("first_day", "last_day", "label", "file_name_part"),
    [
        (None, None, "all data", "all-data"),
        (date(2026, 9, 1), date(2026, 11, 30), "2026-09 to 2026-11", "2026-09-to-2026-11"),
        (date(2026, 9, 1), date(2026, 9, 30), "2026-09", "2026-09"),
        (date(2028, 2, 1), date(2028, 2, 29), "2028-02", "2028-02"),
        (date(2028, 2, 1), date(2028, 2, 28), "1 Feb 2028 to 28 Feb 2028", "2028-02-01-to-2028-02-28"),
        (None, date(2026, 10, 31), "up to 31 Oct 2026", "up-to-2026-10-31"),
        (date(2026, 9, 5), None, "from 5 Sep 2026", "from-2026-09-05"),
        (date(2026, 9, 5), date(2026, 11, 30), "5 Sep 2026 to 30 Nov 2026", "2026-09-05-to-2026-11-30"),
        (date(2026, 9, 5), date(2026, 9, 5), "5 Sep 2026", "2026-09-05"),
        (date(2026, 9, 2), date(2026, 9, 1), "no days", "no-days"),
    ],
)
def test_a_period_has_a_name_for_subjects_and_one_for_files(first_day, last_day, label, file_name_part) -> None:
    period = ReportPeriod(first_day, last_day)

    assert (period.label, period.file_name_part) == (label, file_name_part)


@pytest.mark.parametrize(
    ("preset", "today", "label"),
    [
        ("this-month", TODAY, "2026-11"),
        ("last-month", TODAY, "2026-10"),
        ("last-month", date(2027, 1, 31), "2026-12"),
        ("last-month", date(2028, 3, 31), "2028-02"),
        ("last-3-months", TODAY, "2026-09 to 2026-11"),
        ("last-3-months", date(2027, 1, 1), "2026-11 to 2027-01"),
        ("last-12-months", TODAY, "2025-12 to 2026-11"),
        ("last-12-months", date(2026, 12, 31), "2026-01 to 2026-12"),
        ("all", TODAY, "all data"),
    ],
)
def test_presets_are_whole_months(preset, today, label) -> None:
    assert preset_period(PeriodPreset(preset), today).label == label


def test_presets_have_names_for_people() -> None:
    assert [preset.label for preset in PeriodPreset] == [
        "This month",
        "Last month",
        "Last 3 months",
        "Last 12 months",
        "All data",
    ]
