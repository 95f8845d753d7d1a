"""The REST API for programs: read what the pages show, and run a schedule. `docs/openapi.json` describes it."""
