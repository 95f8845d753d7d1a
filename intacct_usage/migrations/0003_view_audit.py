
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('intacct_usage', '0002_key_check'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='accessright',
            options={'default_permissions': (), 'managed': False, 'permissions': [('view_reports', 'See the overview, reports, downloads, schedules and runs'), ('view_logs', 'See, search and download logs'), ('operate_runs', 'Run now, stop, enable and disable schedules'), ('send_reports', 'Send reports to saved email configurations'), ('skip_companies', 'Skip and unskip companies'), ('manage_configuration', 'Change credentials, proxy, companies API and query filters'), ('manage_companies', 'Load, add, import and remove companies, Clear All'), ('manage_schedules', 'Create, edit and delete schedules'), ('manage_notifications', 'Create, edit, test and delete email configurations'), ('view_audit', 'See and export the audit record')]},
        ),
    ]
