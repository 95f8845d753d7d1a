"""The three roles exist after every migrate, with exactly the rights they are to have."""

from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from intacct_usage.lib.access import Right
from intacct_usage.roles import ROLES


def rights_of(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_each_role_has_its_rights(db) -> None:
    assert {role: rights_of(role) for role in ROLES} == {role: set(rights) for role, rights in ROLES.items()}


def test_a_viewer_can_change_nothing(db) -> None:
    assert rights_of("Viewer") == {Right.VIEW_REPORTS, Right.VIEW_LOGS}


def test_a_manager_has_every_right_of_an_operator(db) -> None:
    assert rights_of("Operator") < rights_of("Manager") == set(Right)


def test_migrate_restores_a_role_and_keeps_rights_that_are_not_the_products(db) -> None:
    viewer = Group.objects.get(name="Viewer")
    foreign = Permission.objects.exclude(content_type__app_label="intacct_usage").first()
    viewer.permissions.set([foreign])

    call_command("migrate", verbosity=0)

    assert rights_of("Viewer") == {"intacct_usage.view_reports", "intacct_usage.view_logs", str_of(foreign)}


def str_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
