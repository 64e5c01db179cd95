"""Unsubscribing with one click, signed out too (RFC 8058): the link says who and what, its signature that it is ours.

A link works for ever, as RFC 8058 wants of old messages, and does one thing: it switches off one kind of e-mail for one
person. Used twice it does nothing more.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from mail.kinds import Kind, registry

_signer = signing.Signer(salt="mail.unsubscribe")


def link(user_id: int, kind: Kind) -> str:
    """The absolute address at which this person stops e-mails of this kind."""
    return settings.PUBLIC_URL + reverse("unsubscribe", args=[_signer.sign_object([user_id, kind.name])])


def read(token: str) -> tuple[int, Kind]:
    """The user's id and the kind that a link is about. Raises ValueError where we did not make it."""
    try:
        user_id, name = _signer.unsign_object(token)
        kind = registry[name]
    except (signing.BadSignature, KeyError) as error:
        raise ValueError("Not a link of ours, or of a kind that is no longer sent.") from error
    return user_id, kind


def headers(user_id: int | None, kind: Kind) -> dict[str, str]:
    """What lets a mail program offer to unsubscribe: nothing for kinds that one cannot switch off."""
    if not kind.optional or user_id is None:
        return {}
    address = link(user_id, kind)
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if address.startswith("https:") else {}
    return {"List-Unsubscribe": f"<{address}>", **one_click}  # RFC 8058, 3.1: one click wants HTTPS
