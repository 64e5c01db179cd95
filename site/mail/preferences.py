"""Who wants which kinds of e-mail. Everybody wants all of them until they say otherwise."""

from mail.kinds import Kind, registry
from mail.models.opt_out import OptOut


def wants(user, kind: Kind) -> bool:
    """Whether the person (a user or a user's id) is to get e-mails of this kind."""
    return not kind.optional or not OptOut.objects.filter(user=user, kind=kind.name).exists()


def wanting(users, kind: Kind):
    """Of a queryset of users those who are to get e-mails of this kind."""
    return users.exclude(pk__in=OptOut.objects.filter(kind=kind.name).values("user")) if kind.optional else users


def opt_out(user, kind: Kind):
    """No more of these."""
    OptOut.objects.get_or_create(user=user, kind=kind.name)


def opt_in(user, kind: Kind):
    """These again."""
    OptOut.objects.filter(user=user, kind=kind.name).delete()


def optional_kinds(user) -> list[Kind]:
    """The kinds that the user gets and can switch off, those of a label together."""
    kinds = (kind for kind in registry.values() if kind.optional and (user.is_staff or not kind.for_staff))
    return sorted(kinds, key=lambda kind: (kind.label, kind.description))
