from django.db import migrations, models


class Migration(migrations.Migration):
    """A company that had left the list before its data was removed is off the list again when the data is restored.

    Companies whose data was removed are found by the reason, also when they are listed again.
    """

    dependencies = [('usage', '0006_sums_from_indexes')]

    operations = [
        migrations.AddField(
            model_name='company',
            name='removed_before',
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text='When it had left the list already before its data was removed (UTC).',
                null=True,
            ),
        ),
        migrations.RemoveIndex(model_name='archivedusagerecord', name='usage_archived_company'),
        migrations.AddIndex(
            model_name='archivedusagerecord',
            index=models.Index(fields=['company', 'reason', 'archived_at'], name='usage_archived_company'),
        ),
    ]
