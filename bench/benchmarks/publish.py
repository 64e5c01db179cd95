"""The request that publishes an article for a thousand members, against one that mails them all itself."""

import json
import statistics

from bench.benchmarks.mail import mail_server
from bench.benchmarks.request import signed_in
from bench.lab import RUNS, Result, percentile, times

MEMBERS = 1_000
COUNT = 100


def measure(installations, options):
    installation = installations.with_tasks(1_000)
    installation.measure(__name__)
    with mail_server(installation), signed_in(installation) as post:
        ours = [post(f"/orgs/acme/articles/plan-{number}/publish/", 302) for number in range(COUNT)]
        rival = [post("/orgs/acme/mail-inline/", 200) for _ in range(RUNS)]
    p99 = percentile(ours, 0.99)
    yield Result(
        f"request that publishes for {MEMBERS:,} members, p99 of {COUNT} (p50)",
        f"{p99:.1f} ms ({statistics.median(ours):.1f})",
        f"mailing them inline: {statistics.median(rival):,.0f} ms",
        times(statistics.median(rival) / p99),
        "< 100 ms",
        p99 < 100,
    )


def main():
    """Members of Acme who want to know, and drafts of as many of them: one author's are not told of that fast."""
    import django

    django.setup()
    from accounts.models import User
    from articles.models import Article
    from orgs.models import Membership, Organization

    acme = Organization.objects.get(slug="acme")
    people = User.objects.bulk_create(User(email=f"person{number}@acme.test") for number in range(MEMBERS))
    Membership.objects.bulk_create(Membership(organization=acme, user=person) for person in people)
    for number in range(COUNT):
        Article.objects.create(
            organization=acme, author=people[number], title=f"Plan {number}", slug=f"plan-{number}", body="Now."
        )
    print(json.dumps(len(people)))


if __name__ == "__main__":
    main()
