"""The forms of an email configuration, one for each provider. What is right is decided by `configuration_problems`."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset
from django import forms

from intacct_usage.lib.typed_numbers import typed_number
from notifications.configuration_checks import configuration_problems, secret_name
from notifications.email_configurations import ConfigurationError
from notifications.models import EmailConfiguration
from notifications.recipient_domains import allowed_domains
from notifications.transports.presets import PORTS, PRESETS, port_mismatch
from usage.forms.layout import SecretField, SecretRow, ask_again, page_helper, text_input

PEOPLE = ("to", "cc", "bcc")
SECURITY = EmailConfiguration.Security


class ConfigurationForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What both providers have: the name, the sender, the recipients, the secret, the way through the proxy."""

    provider: str
    secret = SecretField("Password")

    class Meta:
        model = EmailConfiguration
        fields: tuple[str, ...] = ("name", "from_name", "from_address", *PEOPLE, "use_proxy")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "from_name": forms.TextInput(attrs={"autocomplete": "off"}),
            "from_address": forms.EmailInput(attrs={"autocomplete": "email"}),
            **{name: forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}) for name in PEOPLE},
        }
        labels = {"from_name": "From Name", "from_address": "From Address", "use_proxy": "Use the proxy", "to": "To"}
        help_texts = {
            "name": "How schedules and reports name it.",
            "from_name": "Display name of the sender",
            "to": "Primary recipients, separated by commas: ann@example.com, Bob &lt;bob@example.com&gt;",
            "bcc": "Blind carbon copy: nobody sees these addresses. Put customers here.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.instance.provider = self.provider
        secret = self.fields["secret"]
        assert isinstance(secret, SecretField)  # noqa: S101  # narrows the type
        secret.label = secret_name(self.instance).title()
        stored = None if self.instance._state.adding else self.instance
        secret.describe(stored, "secret", otherwise=self.secret_hint)

    secret_hint = ""

    def validate_unique(self) -> None:
        """Left to the verb, which words it and knows about Save As New."""

    def _get_validation_exclusions(self) -> set[str]:
        """Everything: constraints are checked by the verb, before the test and again when saving."""
        return {field.name for field in self._meta.model._meta.get_fields()}

    @property
    def typed_secret(self) -> str:
        return str(self.cleaned_data.get("secret", ""))

    def take_problems(self, refusal: ConfigurationError) -> None:
        """Put the sentences beside their fields."""
        for name, sentences in refusal.problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)

    def name_all_problems(self) -> None:
        """Of a form that is wrong already: the problems of its other fields too, so that they are mended in one go."""
        known = {name for name in self.cleaned_data if name != "secret"}
        problems = configuration_problems(self.instance)
        self.take_problems(ConfigurationError({name: problems[name] for name in problems if name in known}))

    def keep_typed(self) -> None:
        """After a failure everything typed is still there, but the secret, and the form says why."""
        ask_again(self, "secret")

    def _people(self) -> Fieldset:
        where_to = HTML('{% include "notifications/recipient_domains.html" %}')
        return Fieldset("Recipients", where_to, *PEOPLE, css_class="form-part")

    @property
    def recipient_domains(self) -> str:
        """The domains mail may go to, empty if to any."""
        return allowed_domains()


class SmtpForm(ConfigurationForm):
    provider = EmailConfiguration.Provider.SMTP
    secret_hint = "Or app password. Only if the server asks for a sign-in."  # noqa: S105 - a hint
    preset = forms.ChoiceField(
        label="Preset",
        required=False,
        choices=[("", "Choose to fill in…"), *((preset.key, preset.label) for preset in PRESETS)],
        help_text="Fills in host, security and port.",
    )

    class Meta(ConfigurationForm.Meta):
        fields = (*ConfigurationForm.Meta.fields, "host", "port", "security", "username", "clear_text_sign_in")
        widgets = ConfigurationForm.Meta.widgets | {
            "host": text_input(placeholder="smtp.example.com"),
            "username": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "port": forms.NumberInput(attrs={"min": 1, "max": 65535, "inputmode": "numeric"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        self.fields["clear_text_sign_in"].label = "Send the password unencrypted"
        self.fields["host"].required = True

    @property
    def port_warning(self) -> str:
        """A sentence if port and security do not go together, of what is typed or stored."""
        security, port = str(self["security"].value() or ""), typed_number(str(self["port"].value() or ""))
        return port_mismatch(security, port) if security in SECURITY.values and port is not None else ""

    @property
    def presets(self) -> dict[str, Any]:  # Any: JSON for static/js/email-form.js
        return {
            "ports": {str(security): port for security, port in PORTS.items()},
            "names": {str(one): one.label.removesuffix(" (recommended)") for one in SECURITY},
            "presets": {
                one.key: {"host": one.host, "security": str(one.security), "port": one.port, "note": one.note}
                for one in PRESETS
            },
        }

    @property
    def helper(self) -> FormHelper:
        return page_helper(
            Div("name", "preset", css_class="form-columns"),
            HTML('{% include "notifications/preset_note.html" %}'),
            Fieldset(
                "Server",
                Div("host", css_class="form-columns"),
                Div("security", "port", css_class="form-columns"),
                HTML('{% include "notifications/port_warning.html" %}'),
                Div("username", SecretRow("secret"), css_class="form-columns"),
                HTML('{% include "notifications/clear_text_warning.html" %}'),
                Div("clear_text_sign_in", css_class="clear-text", css_id="clear-text-row"),
                "use_proxy",
                css_class="form-part",
            ),
            Fieldset("Sender", Div("from_name", "from_address", css_class="form-columns"), css_class="form-part"),
            self._people(),
        )


class GraphForm(ConfigurationForm):
    provider = EmailConfiguration.Provider.GRAPH
    secret_hint = "The value of the secret, not its ID."  # noqa: S105 - a hint

    class Meta(ConfigurationForm.Meta):
        fields = (*ConfigurationForm.Meta.fields, "tenant_id", "client_id", "secret_expires_on")
        guid = "00000000-0000-0000-0000-000000000000"
        widgets = ConfigurationForm.Meta.widgets | {
            "tenant_id": text_input(placeholder=guid),
            "client_id": text_input(placeholder=guid),
            "secret_expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        labels = ConfigurationForm.Meta.labels | {
            "tenant_id": "Tenant ID",
            "client_id": "Client ID",
            "secret_expires_on": "Secret expires on",
        }
        help_texts = ConfigurationForm.Meta.help_texts | {
            "from_address": "The Microsoft 365 mailbox to send from",
            "tenant_id": "Directory (tenant) ID of the app registration in Entra ID",
            "client_id": "Application (client) ID",
            "secret_expires_on": "Entra shows it beside the secret. A reminder is sent 30, 7 and 1 days before.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Django declares it
        super().__init__(*args, **kwargs)
        for name in ("tenant_id", "client_id"):
            self.fields[name].required = True

    @property
    def helper(self) -> FormHelper:
        return page_helper(
            Div("name", css_class="form-columns"),
            Fieldset(
                "App registration",
                HTML('{% include "notifications/graph_help.html" %}'),
                Div("tenant_id", "client_id", SecretRow("secret"), "secret_expires_on", css_class="form-columns"),
                "use_proxy",
                css_class="form-part",
            ),
            Fieldset("Sender", Div("from_name", "from_address", css_class="form-columns"), css_class="form-part"),
            self._people(),
        )


FORMS: dict[str, type[ConfigurationForm]] = {
    EmailConfiguration.Provider.SMTP: SmtpForm,
    EmailConfiguration.Provider.GRAPH: GraphForm,
}
