"""Browsers of people with a role."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

ClientAs = Callable[[str], Client]


@pytest.fixture
def client_as(db) -> ClientAs:
    """`client_as("Viewer")`: signed in with that role; "" is an account without one, "superuser" may do everything."""

    def sign_in(role: str) -> Client:
        everything = role == "superuser"
        user = User.objects.create_user(f"someone-{role}", is_superuser=everything, is_staff=everything)
        if role and not everything:
            user.groups.add(Group.objects.get(name=role))
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return sign_in
