from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "intacct_usage.accounts"
    verbose_name = "Sign-in"

    def ready(self) -> None:
        from intacct_usage.accounts.receivers import connect  # models are loaded only now

        connect()
