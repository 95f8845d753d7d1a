"""Finds or makes the rows of the texts that many usage records share."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from usage.models import CallSignature, Sender
from usage.records.usage_rows import SignatureTexts

TEXT_SEPARATOR = "\x1f"
KNOWN_SIGNATURES = 50_000


class SignatureKey(NamedTuple):
    """Primary keys of a signature and of its sender."""

    pk: int
    sender: int


def signature_keys(signatures: Iterable[SignatureTexts]) -> dict[SignatureTexts, SignatureKey]:
    """The keys of each signature; missing ones are made.

    Call it outside the transaction that stores the records: what it makes is committed at once, so a key it once
    returned never vanishes with somebody's rollback.
    """
    return {texts: _signature_key(texts) for texts in signatures}


def forget_known_signatures() -> None:
    """After the tables were emptied or replaced beneath this process."""
    _signature_key.cache_clear()


@lru_cache(maxsize=KNOWN_SIGNATURES)
def _signature_key(texts: SignatureTexts) -> SignatureKey:
    fingerprint = hashlib.blake2b(TEXT_SEPARATOR.join(texts).encode(), digest_size=16).hexdigest()
    known = CallSignature.objects.filter(fingerprint=fingerprint).values_list("pk", "sender_id").first()
    if known is not None:
        return SignatureKey(*known)
    sender, _ = Sender.objects.get_or_create(sender_id=texts.sender)
    others = texts._asdict()
    del others["sender"]
    signature, _ = CallSignature.objects.get_or_create(fingerprint=fingerprint, defaults={"sender": sender, **others})
    return SignatureKey(signature.pk, signature.sender_id)
