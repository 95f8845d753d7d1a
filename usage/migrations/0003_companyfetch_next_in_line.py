from django.db import migrations, models


class Migration(migrations.Migration):
    """Claims read the waiting companies of a run in order, without sorting all of them."""

    dependencies = [('usage', '0002_form_submission')]

    operations = [
        migrations.RemoveIndex(model_name='companyfetch', name='usage_companyfetch_claim'),
        migrations.AddIndex(
            model_name='companyfetch',
            index=models.Index(fields=['run', 'status', 'attempts', 'id'], name='usage_companyfetch_next'),
        ),
    ]
