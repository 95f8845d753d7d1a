import django.db.models.deletion
from django.db import migrations, models


def fill_names(apps, schema_editor):
    requests = apps.get_model("notifications", "ReportRequest").objects.using(schema_editor.connection.alias)
    requests.filter(other_only=True).update(filter_name="Other")
    filters = apps.get_model("usage", "QueryFilter").objects.using(schema_editor.connection.alias)
    for pk, name in filters.values_list("pk", "name"):
        requests.filter(query_filter=pk).update(filter_name=name)


class Migration(migrations.Migration):
    """Requests keep the name of their filter, so that the filter can be deleted after them."""

    dependencies = [
        ("notifications", "0002_reportrequest"),
        ("usage", "0002_form_submission"),
    ]

    operations = [
        migrations.AddField(
            model_name="reportrequest",
            name="filter_name",
            field=models.CharField(default="All Filters", help_text="Its name at the time.", max_length=100),
        ),
        migrations.RunPython(fill_names, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="reportrequest",
            name="query_filter",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to="usage.queryfilter"
            ),
        ),
    ]
