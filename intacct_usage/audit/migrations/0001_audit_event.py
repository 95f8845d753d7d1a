
import intacct_usage.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=intacct_usage.lib.clock.now, editable=False)),
                ('actor', models.CharField(help_text='A user name, “command line”, or who it was not.', max_length=150)),
                ('address', models.CharField(blank=True, help_text='IP address the request came from.', max_length=45)),
                ('action', models.CharField(choices=[('signed_in', 'Signed in'), ('signed_out', 'Signed out'), ('sign_in_failed', 'Sign-in failed'), ('sign_in_blocked', 'Sign-in blocked for a while'), ('session_ended', 'Session ended'), ('password_changed', 'Password changed'), ('second_factor_on', 'Second factor switched on'), ('second_factor_off', 'Second factor switched off'), ('roles_changed', 'Roles or rights changed'), ('added', 'Added'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('secret_set', 'Secret set'), ('secret_cleared', 'Secret cleared'), ('keys_rotated', 'Encryption key changed'), ('companies_changed', 'Company list changed'), ('data_removed', 'Data removed'), ('data_restored', 'Data restored'), ('run_started', 'Run started'), ('run_stopped', 'Run stopped'), ('reports_sent', 'Reports sent'), ('test_sent', 'Test mail sent'), ('downloaded', 'Downloaded')], max_length=30)),
                ('target', models.CharField(blank=True, max_length=300)),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('request_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'audit event',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['action', 'id'], name='audit_action'), models.Index(fields=['actor', 'id'], name='audit_actor'), models.Index(fields=['at'], name='audit_at')],
            },
        ),
    ]
