"""Who acted, where it was no signed-in person: the names that runs, mails and the audit record keep."""

COMMAND_LINE = "command line"
"""Somebody with a shell on the server: no limit holds for them, they could change it."""

NOBODY = "not signed in"
