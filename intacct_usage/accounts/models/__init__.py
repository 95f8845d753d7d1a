from intacct_usage.accounts.models.attempts import AttemptTally
from intacct_usage.accounts.models.entra_identity import EntraIdentity
from intacct_usage.accounts.models.second_factor import RecoveryCode, SecondFactor
from intacct_usage.accounts.models.session import SignInSession
from intacct_usage.accounts.models.setup_token import SetupToken

__all__ = ["AttemptTally", "EntraIdentity", "RecoveryCode", "SecondFactor", "SetupToken", "SignInSession"]
