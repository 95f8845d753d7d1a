from datetime import datetime

from django.conf import settings
from django.db import models

from intacct_usage.lib.fields import EncryptedTextField, SecretBearingModel


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def use_step(self, factor: "SecondFactor", step: int) -> bool:
        """Mark the code of a time step as used; False if it, or a later one, was used before."""
        return self.filter(pk=factor.pk, last_step__lt=step).update(last_step=step) == 1


class SecondFactor(SecretBearingModel):
    """The authenticator app of an account (TOTP, RFC 6238). It counts once a code of it was entered: `confirmed_at`."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField("second factor")
    confirmed_at = models.DateTimeField(null=True, editable=False)
    last_step = models.BigIntegerField(default=0, editable=False)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        verbose_name = "second factor"

    def __str__(self) -> str:
        return f"second factor of {self.user}"

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None


class RecoveryCodeQuerySet(models.QuerySet["RecoveryCode"]):
    def use(self, digest: str, *, factor: SecondFactor, now: datetime) -> bool:
        """Spend the code; False if there is none or it was spent."""
        return self.filter(factor=factor, digest=digest, used_at=None).update(used_at=now) == 1

    def left(self) -> int:
        return self.filter(used_at=None).count()


class RecoveryCode(models.Model):
    """Opens the second step once, for the day the phone is lost. 120 random bits, so a plain hash of it is enough."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    objects = RecoveryCodeQuerySet.as_manager()

    class Meta:
        verbose_name = "recovery code"
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="accounts_recovery_code_once")]
