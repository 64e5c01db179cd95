"""Fills the scratch installation, in a process of its own that has Django. Prints, as JSON, what the run must know."""

import json
import random
import sys
from datetime import timedelta


def main():
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("prepare", stdout=sys.stderr)
    with transaction.atomic():
        fill()
    from jobs.sweep import kinds
    from mail.kinds import registry

    facts = {
        "resend": {kind.name: kind.resend for kind in registry.values()},
        "queues": {kind._meta.label_lower: kind.queue for kind in kinds()},
    }
    print(json.dumps(facts))


def fill():
    from django.contrib.auth.hashers import make_password
    from django.utils import timezone

    from accounts.models import Installation, User
    from bench.chaos.cast import JOINERS, ORGANIZATIONS, PASSWORD, PEOPLE, TASKS, address
    from jobs.models import Schedule
    from jobs.schedules import registry
    from ops.demo import _insert_tasks, invent_tasks
    from orgs.models import Membership, Organization, Role
    from tests.exports.nasty import make_nasty_tasks

    Installation.claim()
    now, password = timezone.now(), make_password(PASSWORD)
    organizations = {
        slug: Organization.objects.create(slug=slug, name=slug.title(), time_zone=zone)
        for slug, zone in ORGANIZATIONS.items()
    }

    def make_user(name, **fields):
        user = User.objects.create_user(address(name), name=name.title(), **fields)
        User.objects.filter(pk=user.pk).update(password=password)
        return user

    users = {
        # The wall clock decides when somebody is reminded: at the first hour of the day.
        name: make_user(name, time_zone=person.zone, is_staff=person.is_staff, reminder_hour=0)
        for name, person in PEOPLE.items()
    }
    for name, person in PEOPLE.items():
        organization = organizations[person.organization]
        Membership.objects.create(organization=organization, user=users[name], role=Role(person.role))
    for number in range(JOINERS):
        make_user(f"joiner{number}")

    make_nasty_tasks(organizations["archive"], users["fred"])
    for slug, count in TASKS.items():
        workers = [users[name].pk for name, person in PEOPLE.items() if person.organization == slug]
        tasks = invent_tasks(count, workers, now, random.Random(slug))
        _insert_tasks(organizations[slug], tasks)
    # Overdue wherever one lives, so that each day's reminder has something to say.
    for name in PEOPLE:
        organization = organizations[PEOPLE[name].organization]
        if organization.slug != "archive":
            organization.tasks.create(
                title=f"Overdue for {name}", assigned_to=users[name], due_date=(now - timedelta(days=30)).date()
            )
    # An operator may: each minute, so that reminders are opened on both sides of midnight.
    Schedule.objects.adopt(registry["orgs.open_due_reminders"], now).reschedule("* * * * *")


if __name__ == "__main__":
    main()
