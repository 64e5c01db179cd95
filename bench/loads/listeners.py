"""People who listen to the stream of events, and jobs that tell them something."""

import json
import sys
import time


def sign_in(people):
    """The keys of the sessions of so many new members of the demo's organization."""
    from django.test import Client

    from accounts.models import User
    from orgs.models import Organization, Role

    acme, keys = Organization.objects.get(slug="acme"), []
    for number in range(people):
        client, user = Client(), User.objects.create(email=f"listener-{number}@acme.test", name=f"Listener {number}")
        acme.add_member(user, Role.MEMBER)
        client.force_login(user)
        keys.append(client.session.session_key)
    return keys


def tell(events):
    """Have a consumer tell the organization something so many times, half a second apart."""
    from bench.loads.models import Telling
    from orgs.models import Organization

    acme = Organization.objects.get(slug="acme")
    for _ in range(events):
        Telling.objects.create(organization_id=acme.pk)
        time.sleep(0.5)


if __name__ == "__main__":
    import django

    django.setup()
    what, number = sys.argv[1:]
    print(json.dumps({"sign_in": sign_in, "tell": tell}[what](int(number))))
