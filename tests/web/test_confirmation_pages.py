"""Which pages ask before they act: all of them have their way back from one place, so that Esc works on all."""

from pathlib import Path

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
FORMS = {
    "scheduling/form.html",
    "notifications/edit.html",
    "notifications/send_reports.html",
    "accounts/second_factor_begin.html",
    "accounts/second_factor_confirm.html",
}
"""Much is typed or scanned there: Esc must not throw it away."""


def templates_with(text: str) -> set[str]:
    return {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if text in path.read_text(encoding="utf-8")
    }


def test_every_cancel_of_a_page_that_asks_is_the_shared_one() -> None:
    asking = templates_with('include "includes/cancel.html"')

    assert templates_with(">Cancel</a>") == {*FORMS, "includes/cancel.html"}
    assert len(asking) == 7


def test_where_something_is_taken_away_the_focus_starts_on_cancel() -> None:
    taking_away = templates_with('class="btn btn-danger" type="submit"') & templates_with("includes/cancel.html")
    needs_a_password = {"accounts/second_factor_off.html"}

    assert taking_away - templates_with("first=True") == needs_a_password
