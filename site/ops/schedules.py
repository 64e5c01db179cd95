"""The pages on which whoever operates the installation sees what runs by the clock, changes it, and runs it now."""

from cronsim import CronSimError
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.models import Schedule, ScheduledRun
from jobs.models.schedule import validate_cron
from jobs.schedules import registry
from ops.access import staff_only
from orgs.models import AuditEntry
from orgs.paging import paginate

#: The order of the runs of a schedule, for their pages.
NEWEST_FIRST = ("-slot", "-id")


class ScheduleForm(forms.Form):
    cron = forms.CharField(
        max_length=100,
        label=_("Cron line"),
        validators=[validate_cron],
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Minute, hour, day of the month, month, day of the week."),
    )

    def clean_cron(self):
        return " ".join(self.cleaned_data["cron"].split())


@staff_only
@require_safe
def schedule_list(request):
    last_run = ScheduledRun.objects.filter(schedule=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    schedules = list(Schedule.objects.annotate(last_run_id=Subquery(last_run)))
    runs = ScheduledRun.objects.select_related("schedule").in_bulk(
        [schedule.last_run_id for schedule in schedules if schedule.last_run_id]
    )
    rows = [(schedule, purpose(schedule), runs.get(schedule.last_run_id)) for schedule in schedules]
    return render(request, "ops/schedule_list.html", {"rows": rows, "time_zone": settings.TIME_ZONE})


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit_schedule(request, schedule_id):
    schedule = get_schedule(schedule_id)
    form = ScheduleForm(request.POST or None, initial={"cron": schedule.cron})
    if request.method == "POST" and form.is_valid():
        before, line = schedule.cron, form.cleaned_data["cron"]
        with transaction.atomic():
            schedule.reschedule(line)
            AuditEntry.note(
                request.user,
                "changed",
                f"schedule {schedule}",
                before=before,
                after=line,
            )
        return done(
            request,
            gettext("%(schedule)s runs by the line “%(line)s” from now on: %(words)s.")
            % {"schedule": schedule, "line": line, "words": schedule.in_words},
        )
    context = {
        "schedule": schedule,
        "purpose": purpose(schedule),
        "form": form,
        "upcoming": upcoming(schedule),
        "page": paginate(schedule.runs.select_related("schedule"), NEWEST_FIRST, request.GET),
        "time_zone": settings.TIME_ZONE,
    }
    return render(request, "ops/edit_schedule.html", context)


@staff_only
@require_POST
def pause_schedule(request, schedule_id):
    schedule = get_schedule(schedule_id)
    with transaction.atomic():
        schedule.pause()
        AuditEntry.note(request.user, "paused", f"schedule {schedule}")
    return done(request, gettext("%(schedule)s is paused.") % {"schedule": schedule})


@staff_only
@require_POST
def resume_schedule(request, schedule_id):
    schedule = get_schedule(schedule_id)
    with transaction.atomic():
        schedule.resume()
        AuditEntry.note(request.user, "resumed", f"schedule {schedule}")
    return done(request, gettext("%(schedule)s goes on with its next time.") % {"schedule": schedule})


@staff_only
@require_POST
def run_schedule(request, schedule_id):
    schedule = get_schedule(schedule_id)
    if schedule.name not in registry:
        return done(
            request,
            gettext("This release has no schedule named %(schedule)s.") % {"schedule": schedule},
            messages.ERROR,
        )
    with transaction.atomic():
        run = schedule.run_now()
        AuditEntry.note(request.user, "ran", f"schedule {schedule}", run=run.pk)
    return done(request, gettext("%(schedule)s runs now.") % {"schedule": schedule})


# ---- what they share


def get_schedule(schedule_id):
    return get_object_or_404(Schedule, pk=schedule_id)


def purpose(schedule):
    """What it is for, in words; None for a schedule that this release does not have."""
    declared = registry.get(schedule.name)
    return declared and declared.purpose


def upcoming(schedule):
    """Its next slots; none while it does not run, or its line cannot be read."""
    if schedule.paused or schedule.name not in registry:
        return []
    try:
        return schedule.upcoming()
    except CronSimError:
        return []


def done(request, words, level=messages.SUCCESS):
    messages.add_message(request, level, words)
    return redirect("schedule_list")
