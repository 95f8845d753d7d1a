"""Which database a test uses, for the processes that it starts."""

from urllib.parse import quote, urlencode

from django.db import connection


def database_url(name: str = "") -> str:
    """The address of the test database, or of another one on the same server (for SQLite: another file)."""
    present = connection.settings_dict
    name = name or str(present["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    options = {key: present["OPTIONS"][key] for key in ("host",) if key in present["OPTIONS"]}
    user = f"{quote(present['USER'])}:{quote(present['PASSWORD'])}@" if present["USER"] else ""
    port = f":{present['PORT']}" if present["PORT"] else ""
    return f"postgres://{user}{present['HOST']}{port}/{name}?{urlencode(options)}"
