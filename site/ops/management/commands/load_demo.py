from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ops import demo


class Command(BaseCommand):
    help = "Load the demo into an empty installation, and print how to sign in. Changes nothing where it is there."

    def add_arguments(self, parser):
        parser.add_argument("--tasks", type=int, default=10_000, help="how many tasks acme gets (default: 10000)")

    def handle(self, *, tasks, **options):
        if tasks < 0:
            raise CommandError("--tasks must not be negative.", returncode=2)
        try:
            loaded = demo.load(tasks)
        except demo.RealData:
            raise CommandError(
                "This installation has data of its own: the demo is for an empty one. "
                "Point DATA_DIR at a new folder, or start without the demo.",
                returncode=2,
            ) from None
        self.stdout.write(f"Loaded the demo with {tasks} tasks." if loaded else "The demo is loaded already.")
        self.stdout.write(f"Sign in at {settings.PUBLIC_URL}/ with the password {demo.PASSWORD} as")
        for email, _, slug, role in demo.PEOPLE:
            self.stdout.write(f"  {email:<24}{role.label.lower()} of {slug}")
