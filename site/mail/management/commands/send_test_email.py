import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.core.validators import validate_email

from mail import transport


class Command(BaseCommand):
    help = (
        "Send a test message to an address and print the dialogue with the mail server. "
        "Exits with 0 where the server took it, 1 where it did not, 2 where there is no server or no address."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("address")

    def handle(self, *, address, **options):
        try:
            validate_email(address)
        except ValidationError:
            self.fail(f"Not an e-mail address: {address}", 2)
        result = transport.try_out(address)
        for line in result.dialogue:
            self.stdout.write(line)
        if not transport.is_configured():
            sys.exit(2)
        if not result.accepted:
            self.fail("The message was not accepted.", 1)
        self.stdout.write(f"The message to {address} was accepted.")

    def fail(self, words, code):
        self.stderr.write(words)
        sys.exit(code)
