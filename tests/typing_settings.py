"""Settings for the type checker, which loads Django and has no environment of its own."""
# ruff: noqa: I001 - the environment comes first

from tests import environment  # noqa: F401 - sets the environment first
from intacct_usage.settings import *  # noqa: F403
