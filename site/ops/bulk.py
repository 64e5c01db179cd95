"""Doing something to many jobs, for the pages that offer it: they say first what it would do, then do it."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from jobs.errors import JobFailed
from ops.models import BulkAction
from ops.models.bulk_action import Preview
from orgs.time_limit import TookTooLong, time_limit

#: As many jobs are done at once, in the request; more are a job of their own.
AT_ONCE = 100
#: Seconds that counting what an action would do may take.
COUNT_SECONDS = 10


def look(order: BulkAction) -> Preview:
    """What the unsaved `order` would do, which it notes. Raises BadRequest where that cannot be found out."""
    try:
        with time_limit(COUNT_SECONDS):
            preview = order.preview()
    except TookTooLong as error:
        raise BadRequest(_("It takes too long to find these jobs. Use more filters, or no search.")) from error
    except JobFailed as error:
        raise BadRequest(str(error)) from error
    order.counts = preview.counts
    return preview


def carry_out(request, order: BulkAction, preview: Preview, *, told: str, back: str):
    """Do what was looked at, of which there is some: at once where they are few, and `told` is the sentence that says
    to how many, with places for %(acted)s and %(total)s; otherwise as a job. Returns the answer, which leads to the
    address `back` or to that job."""
    if preview.total > AT_ONCE:
        with transaction.atomic():
            order.save()
            order.note(request.user)
        return redirect("job_detail", kind=order._meta.label_lower, job_id=order.pk)
    batches = list(order.batches())
    with transaction.atomic():
        acted = order.act(batches)
        order.note(request.user)
    messages.success(request, told % {"acted": acted, "total": preview.total})
    return redirect(back)
