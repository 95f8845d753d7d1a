"""The admin of companies, filters, runs and records. Importing the modules registers them."""

from usage.admin import companies, connections, records, runs

__all__ = ["companies", "connections", "records", "runs"]
