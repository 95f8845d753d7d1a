from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when fields are not readable, and when Intacct last said so; unknown for what was refused before."""

    dependencies = [('usage', '0007_company_removed_before')]

    operations = [
        migrations.AlterField(
            model_name='company',
            name='unreadable_fields',
            field=models.JSONField(
                blank=True,
                default=list,
                editable=False,
                help_text='Usage fields this company refused; left out for a week.',
            ),
        ),
        migrations.AddField(
            model_name='company',
            name='unreadable_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='company',
            name='fields_refused_at',
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text='When fields were last asked for and refused (UTC).',
                null=True,
            ),
        ),
    ]
