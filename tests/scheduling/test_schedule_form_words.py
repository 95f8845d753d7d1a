"""What the form of a schedule says about its choices."""

from scheduling.forms.schedule import ScheduleForm


def test_the_form_says_how_companies_without_a_filter_are_fetched(db) -> None:
    field = ScheduleForm().fields["query_filter"]

    assert field.help_text == "Companies that no filter takes (“Other”) are fetched with All Filters only."
    assert [label for _, label in field.choices] == ["All Filters"]
