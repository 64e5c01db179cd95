import logging
import os
import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from exports.columns import COLUMNS, DEFAULT_COLUMNS
from exports.forms import ExportForm
from exports.models import ExportJob, Format, TooManyExports
from jobs.models import Status
from jobs.runner import run_claimed
from orgs.filters import TaskFilter
from orgs.models import Organization, Role

#: Exit codes beside 0, done.
FAILED = 1
USAGE = 2
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Export an organization's tasks into a file: the same job as on the web, run in this process. "
        "The file appears once it is complete. Exits with 0 when done, 1 when it failed, 2 when asked wrongly."
    )

    def add_arguments(self, parser):
        parser.add_argument("organization", metavar="ORG", help="the organization's slug")
        parser.add_argument("--output", metavar="FILE", required=True, help="where to write it; - is standard output")
        parser.add_argument("--format", choices=Format.values, default=Format.CSV.value, dest="export_format")
        parser.add_argument(
            "--columns",
            metavar="NAME,…",
            default=",".join(DEFAULT_COLUMNS),
            help=f"of {', '.join(COLUMNS)} (default: %(default)s)",
        )
        parser.add_argument("--bom", action="store_true", help="begin a CSV with a byte order mark, for Excel")
        parser.add_argument("--as", metavar="EMAIL", dest="email", help="who asks for it (default: an owner)")
        for name, field in TaskFilter.base_fields.items():
            values = [str(value) for value, _ in getattr(field, "choices", []) if value]
            parser.add_argument(
                f"--{name.replace('_', '-')}", metavar="VALUE", help=", ".join(values) or "as in the list of tasks"
            )

    def handle(self, *, output, organization, email, verbosity, **options):
        target = None if output == "-" else Path(output)
        if target and (target.is_dir() or not target.parent.is_dir()):
            raise CommandError(f"--output: there is no folder for the file {output}.", returncode=USAGE)
        organization = Organization.objects.filter(slug=organization).first()
        if organization is None:
            raise CommandError("There is no organization of that slug.", returncode=USAGE)
        user = self.person(organization, email)
        wanted = self.wanted(organization, user, options)
        with quiet(verbosity):
            job = self.export(organization, user, wanted)
        if job.status != Status.DONE:
            raise CommandError(job.error or "The export was cancelled.", returncode=FAILED)
        try:
            hand_over(job.path, target)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush at the end
            raise CommandError("Whoever read standard output has gone.", returncode=FAILED) from None
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}", returncode=FAILED) from error
        if verbosity:
            self.stderr.write(f"Exported {job.progress:,} tasks in {job.took}: {job.size:,} bytes.", lambda text: text)

    def person(self, organization, email):
        if email is None:
            return organization.members.filter(memberships__role=Role.OWNER).order_by("pk").first()
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"--as: nobody has the e-mail address {email}.", returncode=USAGE)
        return user

    def wanted(self, organization, user, options):
        """What ExportJob.start() takes."""
        filters = {name: options[name] for name in TaskFilter.base_fields if options[name] is not None}
        tasks = TaskFilter(filters, organization, user)
        form = ExportForm(
            {
                "export_format": options["export_format"],
                "columns": [options["columns"]],
                "bom": "true" if options["bom"] else "",
            }
        )
        if not (tasks.is_valid() & form.is_valid()):
            errors = [message for part in (tasks, form) for messages in part.errors.values() for message in messages]
            raise CommandError(" ".join(errors), returncode=USAGE)
        return {"filters": tasks.as_dict(), **form.cleaned_data}

    def export(self, organization, user, wanted):
        """Run the job here, and again after an error that may pass. Returns it as it ended."""
        try:
            with transaction.atomic():
                job = ExportJob.start(organization, user, **wanted)
                claimed = ExportJob.objects.claim(job.pk)  # before the commit: no consumer can be faster
        except TooManyExports as error:
            raise CommandError(str(error), returncode=FAILED) from None
        try:
            while job.is_unfinished:
                if claimed:
                    with bar(claimed, self.stderr):
                        run_claimed(claimed)
                else:
                    time.sleep(0.2)  # until it is due, or until the consumer that was faster this time is done
                job.refresh_from_db()
                claimed = ExportJob.objects.claim(job.pk) if job.status == Status.PENDING else None
        except KeyboardInterrupt:
            job.cancel()
            raise CommandError("Cancelled.", returncode=INTERRUPTED) from None
        return job


def hand_over(source: Path, target: Path | None):
    """Copy a finished file to `target`, where it appears complete or not at all; None is standard output."""
    with source.open("rb") as file:
        if target is None:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with draft.open("xb") as copy:
                shutil.copyfileobj(file, copy)
                copy.flush()
                os.fsync(copy.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def quiet(verbosity):
    """Within the block the job's log lines, which repeat what the command says itself, are not shown."""
    logger = logging.getLogger("jobs")
    before = logger.level
    if verbosity < 2:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def bar(job, stream):
    """Within the block, show how far the job is, where `stream` is a terminal."""
    if not stream.isatty():
        yield
        return
    ended = threading.Event()

    def draw():
        while not ended.wait(0.1):
            if job.total:
                done = job.progress / job.total
                width = 30
                filled = "█" * int(width * done)
                stream.write(f"\r{filled:·<{width}} {done:4.0%}  {job.progress:,} of {job.total:,} rows", ending="")
                stream.flush()
        stream.write("\r\x1b[K", ending="")

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
