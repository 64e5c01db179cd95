"""The list of all jobs, the page of one, and what a person may do to them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.models import QueuePause
from ops import bulk, log_lines
from ops.access import staff_only
from ops.audit import deed
from ops.filters import PAGING
from ops.joblist import detail
from ops.joblist.filters import JobFilter, kind_named
from ops.joblist.forms import ACTIONS, OWN_FIELDS, BulkForm
from ops.joblist.listing import JobList, SearchTookTooLong
from ops.models import BulkAction
from orgs.models import AuditEntry
from orgs.paging import BadCursor

#: Log lines that a job's page shows.
LOG_LINES = 100
#: What is said of one job, and of how many, once it has been done, or where it was too late.
DONE = {
    "retry": _("%(title)s is retried."),
    "discard": _("%(title)s is discarded."),
    "cancel": _("%(title)s is cancelled."),
}
NOT_DONE = {
    "retry": _("%(title)s is not retried: it is “%(state)s” by now."),
    "discard": _("%(title)s is not discarded: it is “%(state)s” by now."),
    "cancel": _("%(title)s is not cancelled: it is “%(state)s” by now."),
}
MANY_DONE = {
    "retry": _("Retried: %(acted)s of %(total)s."),
    "discard": _("Discarded: %(acted)s of %(total)s."),
    "cancel": _("Cancelled: %(acted)s of %(total)s."),
}


# ---- the list


@staff_only
@require_safe
def job_list(request):
    """A page of the jobs that the filters let pass. What is wrong with a filter or a cursor is said in a 400."""
    return show_list(request, JobFilter(request.GET, also=PAGING), request.GET)


def show_list(request, wanted, query, bulk=None):
    """The page of the list that `query` names, or what is wrong with it; and with `bulk`, the form of an action."""
    page = find(wanted, query) if wanted.is_valid() else None
    place = place_of(wanted, query)
    is_first_page = not place.keys() & PAGING
    context = {
        "filter": wanted,
        "filters_set": len(wanted.as_dict()),
        "place": place,
        "page": page,
        "rows": [row_of(job) for job in page.jobs] if page else [],
        "is_first_page": is_first_page,
        # Older pages do not change much, and a search costs more than the rest.
        "live": list_address(place) if is_first_page and page and not wanted.text else "",
        "actions": ACTIONS,
        "bulk": bulk,
    }
    return render(request, "ops/job_list.html", context, status=400 if bulk or wanted.errors else 200)


def find(wanted, query):
    """The page that is asked for, or None where `wanted`, a valid JobFilter, says what is wrong."""
    try:
        return JobList(wanted).page(query.get("after", ""), query.get("before", ""))
    except BadCursor as error:
        wanted.add_error(None, str(error))
    except SearchTookTooLong:
        wanted.add_error("q", gettext("This search takes too long. Choose a kind, a status or a time as well."))
    return None


def place_of(wanted, query):
    """The filters and the page of the list that one is at, as its address says them."""
    return wanted.as_dict() | {name: query[name] for name in PAGING if query.get(name)}


def list_address(place):
    return f"{reverse('job_list')}?{urlencode(place)}" if place else reverse("job_list")


def row_of(job):
    return {
        "job": job,
        "kind": str(job._meta.verbose_name),  # each use of a lazy one would translate it again
        "organization": detail.owner(job, job.organization_path),
        "person": detail.owner(job, job.person_path),
    }


# ---- one job


@staff_only
@require_safe
def job_detail(request, kind, job_id):
    job = get_job(kind, job_id)
    context = {
        "row": row_of(job),
        "job": job,
        "label": job._meta.label_lower,
        "here": request.get_full_path(),
        "is_paused": job.is_unfinished and QueuePause.objects.filter(queue=job.queue).exists(),
        "facts": detail.facts(job),
        "attempts": detail.attempts(job),
        "related": [row_of(other) for other in detail.related(job)],
        "noted": [(entry, deed(entry)) for entry in detail.noted(job)],
        "actions": detail.actions(job),
        "log_lines": lines_of(job),
    }
    return render(request, "ops/job_detail.html", context)


def lines_of(job):
    """The last log lines of the job's request, and so of all jobs that it caused."""
    if not job.request_id:
        return []
    return log_lines.lines(request_id=job.request_id, since=job.created_at, limit=LOG_LINES)


@staff_only
@require_POST
def act_on_job(request, kind, job_id, action):
    """Retry, discard or cancel one, as its state allows."""
    job = get_job(kind, job_id)
    with transaction.atomic():
        acted = getattr(job, action)()
        if acted:
            organization = detail.owner(job, job.organization_path)
            AuditEntry.note(
                request.user, BulkAction.PAST[action], job.label, organization=organization, title=job.title
            )
    if acted:
        messages.success(request, DONE[action] % {"title": job.title})
    else:
        messages.warning(request, NOT_DONE[action] % {"title": job.title, "state": job.state.lower()})
    return redirect("job_detail", kind=kind, job_id=job_id)


def get_job(kind, job_id):
    model = kind_named(kind)
    job = model and detail.get_job(model, job_id)
    if job is None:
        raise Http404
    return job


# ---- many


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def act_on_jobs(request):
    """Say what would be done to the jobs that are ticked, or that match, and do it when that is posted."""
    data = request.POST if request.method == "POST" else request.GET
    form, wanted = BulkForm(with_list(data, "job")), JobFilter(data, also=OWN_FIELDS | PAGING)
    if not (form.is_valid() & wanted.is_valid()):
        return show_list(request, wanted, data, bulk=form)
    order, place = form.bulk_action(wanted, request.user), place_of(wanted, data)
    preview, back = bulk.look(order), list_address(place)
    if request.method != "POST":
        context = {"order": order, "preview": preview, "filter": wanted, "place": place, "back": back}
        return render(request, "ops/act_on_jobs.html", context)
    if not preview.total:
        messages.warning(request, gettext("Nothing was done: none of these jobs is in a state for it any more."))
        return redirect(back)
    return bulk.carry_out(request, order, preview, told=MANY_DONE[order.action], back=back)


def with_list(data, name):
    """The QueryDict as a plain dict, in which `name` is a list of all its values."""
    return {**{key: data.get(key) for key in data}, name: data.getlist(name)}
