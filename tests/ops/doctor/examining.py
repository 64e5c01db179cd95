"""What the tests of the doctor need."""

import json

from django.core.management import call_command
from django.utils import timezone

from config.environment import email_settings


def use(settings, url):
    for name, value in email_settings(url).items():
        setattr(settings, name, value)
    settings.EMAIL_TIMEOUT = 0.5


def run_doctor(capsys, *arguments):
    """Returns the exit code and what was printed."""
    code = 0
    try:
        call_command("doctor", *arguments)
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def found(capsys, *arguments):
    """The parts that `doctor --json` tells, by name."""
    return {part["name"]: part for part in json.loads(run_doctor(capsys, "--json", *arguments)[1])["parts"]}


def verdict_of(look):
    """The verdict of one look, in a word."""
    return str(look(timezone.now())[0])
