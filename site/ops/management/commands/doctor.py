import json
import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.core.validators import validate_email

from jobs.log import clean
from ops import doctor
from ops.health import Verdict, worst


class Command(BaseCommand):
    help = (
        "Examine this installation, whether it runs or not: each check with its verdict, and the remedy where one is "
        "due. Exits with 0 where nothing is red, 1 where something is, 2 for an address that is none."
    )
    requires_system_checks = []  # they are among what is examined

    def add_arguments(self, parser):
        parser.add_argument("--send-test", metavar="ADDRESS", default="", help="send a test message there, too")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *, send_test, **options):
        if send_test:
            try:
                validate_email(send_test)
            except ValidationError:
                self.stderr.write(f"Not an e-mail address: {send_test}")
                sys.exit(2)
        found = doctor.examine(send_test)
        verdict = worst(found)
        if options["json"]:
            told = {"status": verdict.value, "parts": [part.as_dict() for part in found]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.print_table(found)
        if verdict == Verdict.RED:
            sys.exit(1)

    def print_table(self, found):
        width = max(len(part.title) for part in found)
        for part in found:
            self.stdout.write(f"{part.verdict.value:<9}{part.title:<{width}}  {clean(part.words)}")
            if part.remedy:
                self.stdout.write(f"{'':<9}{'':<{width}}  → {clean(part.remedy)}")
        numbers = {verdict: sum(part.verdict == verdict for part in found) for verdict in Verdict}
        self.stdout.write("")
        self.stdout.write(", ".join(f"{number} {verdict}" for verdict, number in numbers.items()))
