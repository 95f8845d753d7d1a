"""The three roles. They are groups, so that an administrator gives them in the ordinary user form.

Every `migrate` sets their rights to what stands here; who needs another mixture makes a group of their own.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions

from intacct_usage.lib.access import Right

VIEWER = frozenset({Right.VIEW_REPORTS, Right.VIEW_LOGS})
OPERATOR = VIEWER | {Right.OPERATE_RUNS, Right.SEND_REPORTS, Right.SKIP_COMPANIES}
MANAGER = frozenset(Right)
ROLES = {"Viewer": VIEWER, "Operator": OPERATOR, "Manager": MANAGER}


def create_roles(sender: AppConfig, **signal: Any) -> None:  # Any: what Django's post_migrate sends along
    """Receiver of `post_migrate`: make the groups and give them their rights. Safe to repeat."""
    using = signal["using"]
    apps = signal.get("apps", installed_apps)  # absent when a table was flushed rather than migrated
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)  # its own receiver may come after this one
    permissions = permission_model.objects.using(using).filter(content_type__app_label=sender.label)
    for name, rights in ROLES.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        others = group.permissions.exclude(content_type__app_label=sender.label)
        wanted = permissions.filter(codename__in=[right.codename for right in rights])
        group.permissions.set([*others, *wanted])
