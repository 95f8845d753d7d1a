"""The one exception of the gateway client. Its families and rules live beside it and are offered here too."""

from intacct_usage.lib.redaction import escape_line, redact
from usage.gateway.classification import UNREADABLE_FIELDS, Failure, classify
from usage.gateway.error_advice import ADVICE, Advice
from usage.gateway.error_families import CONNECTION_FAULTS, REPORTED_ONLY, STOPS_RUN, Action, ErrorFamily, Level
from usage.gateway.trial_advice import TRIAL_ACTIONS

__all__ = ["Action", "Advice", "ErrorFamily", "Failure", "GatewayError", "Level", "classify"]

TEXT_LIMIT = 1000


class GatewayError(Exception):
    """A call to Intacct that failed for good, after all tries. `message` is fit to show."""

    def __init__(self, family: ErrorFamily, failure: Failure, *, support_id: str = "") -> None:
        self.family = family
        self.level = failure.level
        self.errorno = escape_line(redact(failure.errorno), TEXT_LIMIT)
        self.text = escape_line(redact(failure.text), TEXT_LIMIT)
        self.http_status = failure.http_status
        self._own_words = failure.own_words
        self.support_id = support_id
        self.retry_after_seconds: float | None = None
        self.company_id = ""
        self.attempts = 1
        super().__init__(family.value)

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """What happened, for which company, and who does what next, in full sentences."""
        return self._in_sentences(ADVICE[self.family].suggested_action)

    @property
    def message_of_a_trial(self) -> str:
        """The same for credentials that were being tried: with what to do then."""
        return self._in_sentences(TRIAL_ACTIONS.get(self.family, ADVICE[self.family].suggested_action))

    def _in_sentences(self, suggested_action: str) -> str:
        advice = ADVICE[self.family]
        number = self.errorno or (f"HTTP {self.http_status}" if self.http_status and self.level is Level.HTTP else "")
        place = ", ".join(part for part in (self.company_id, number) if part)
        sentences = [f"{advice.label} ({place})." if place else f"{advice.label}."]
        if self.level is Level.NETWORK:  # the text is a full sentence with its own next step
            sentences.append(self.text)
        else:
            sentences.append(advice.meaning)
            sentences.append(self.text if self._own_words else self._quotation)
            sentences.append(suggested_action)
        sentences.append(f"Tried {self.attempts} times." if self.attempts > 1 else "")
        sentences.append(f"Support ID: {self.support_id}." if self.support_id else "")
        return " ".join(sentence for sentence in sentences if sentence)

    @property
    def _quotation(self) -> str:
        return f"The answer says: “{self.text.removesuffix('.')}”." if self.text else ""

    @property
    def action(self) -> Action:
        """What to do now: end the whole run, this company only, or just report it."""
        if self.family in STOPS_RUN:
            return Action.STOP_RUN
        return Action.REPORT if self.family in REPORTED_ONLY else Action.STOP_COMPANY

    @property
    def credential_class(self) -> bool:
        """True when the user's own sign-in was refused: the next attempts could lock that user."""
        return self.family is ErrorFamily.USER_CREDENTIALS

    @property
    def stops_run(self) -> bool:
        """True when every other company would fail the same way."""
        return self.action is Action.STOP_RUN

    @property
    def connection_fault(self) -> bool:
        """True when Intacct could not be reached at all; several in a row should end the run."""
        return self.family in CONNECTION_FAULTS

    @property
    def unreadable_fields(self) -> tuple[str, ...]:
        """The fields Intacct named as not readable (family FIELDS), in upper case."""
        names = [name for group in UNREADABLE_FIELDS.findall(self.text) for name in group.split(",")]
        return tuple(name.strip().upper() for name in names if name.strip())
