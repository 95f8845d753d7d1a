from django.db import migrations, models


class Migration(migrations.Migration):
    """Charts and summaries read their sums from an index alone, and days that need attention have one of their own."""

    dependencies = [('usage', '0005_fetchrun_company_ids')]

    operations = [
        migrations.AddIndex(
            model_name='companyday',
            index=models.Index(fields=['company', 'day', 'records', 'transactions'], name='usage_companyday_sums'),
        ),
        migrations.AddIndex(
            model_name='companyday',
            index=models.Index(
                fields=['company', 'day', 'state'],
                condition=models.Q(('state__in', ('failed', 'lost', 'provisional'))),
                name='usage_companyday_unsettled',
            ),
        ),
        migrations.AddIndex(
            model_name='companymonth',
            index=models.Index(
                fields=['month', 'company', 'sender', 'records', 'transactions'], name='usage_companymonth_sums'
            ),
        ),
        migrations.RemoveIndex(model_name='companymonth', name='usage_companymonth_month'),
    ]
