"""Stand-ins for the services the product talks to: for the demo, for tests, for trying a set-up without a real
company.

Everything here speaks over real sockets and is deterministic by the scenario's seed. All companies and people are
invented and marked as demo data. Nothing in this package imports Django or the product's applications.

`scenario` says what the simulated world looks like, `companies` builds it, `gateway` serves the Intacct XML
gateway. Around it stand `companies_api`, `mail` (with `scripted_mail` for servers that misbehave), `graph` and
`proxy`; `suite` runs all of them together and `manage.py simulator` runs the suite.
"""
