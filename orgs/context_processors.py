from orgs.permissions import can_create_organizations


def organizations(request):
    """What the header of every page asks."""
    user = getattr(request, "user", None)  # None where an error is answered before it is known
    return {"may_create_organizations": bool(user and user.is_authenticated and can_create_organizations(user))}
