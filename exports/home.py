"""The exports of a person, on the home page: those that run, and the latest."""

from exports.models import ExportJob
from orgs.permissions import can_export_tasks

#: How many are shown, of how many of the newest: those that still run come first.
SHOWN, LOOKED_AT = 5, 20


def my_exports(request, memberships):
    roles = {each.organization_id: each.role for each in memberships}
    jobs = ExportJob.objects.filter(requested_by=request.user, organization__in=roles).order_by("-created_at", "-id")
    newest = list(jobs.select_related("organization")[:LOOKED_AT])
    shown = sorted(newest, key=lambda job: not job.is_unfinished)[:SHOWN]  # and newest first, as before
    context = {
        "unfinished": sum(job.is_unfinished for job in newest),
        "newest": newest[0] if newest else None,
        "jobs": [(job, can_export_tasks(roles[job.organization_id])) for job in shown],
        "organizations": [each.organization for each in memberships if can_export_tasks(each.role)],
    }
    return "exports/home_exports.html", context
