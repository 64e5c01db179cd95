"""Whoever operates the installation is told when something is wrong, and when it is well again.

    each minute, in each consumer: watch
        look       conditions (parts of the health that are not well; failures and deaths of jobs) ──► Alert rows
        tell       what is new, due again or over ──one transaction──► told_at, an Email per person, a Webhook
        stand in   send what the other consumer has not taken: it may be what is dead

A state is raised when it has lasted for two looks, and is over when it has been away for a while, which grows each time
that it comes back: what flaps does not flood. One message tells all that is new, goes on or is over. It repeats what
goes on after a pause that doubles each time.

Both consumers look at the same minute; the database decides (a unique constraint, one transaction that tells).
"""
