"""The doctor's page: what it finds by itself, and a test of mail for whoever asks for one."""

from django.db import transaction
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ops import doctor
from ops.access import staff_only
from ops.doctor.mail import latest_test
from ops.health import Verdict
from ops.outbox.forms import DeliveryTestForm
from orgs.models import AuditEntry


@staff_only
@require_safe
def show_doctor(request):
    return _show(request, DeliveryTestForm(initial={"recipient": request.user.email}))


@staff_only
@require_POST
def start_mail_test(request):
    """Ask the mail server in the background: it may take its time."""
    form = DeliveryTestForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=400)
    form.instance.requested_by = request.user
    with transaction.atomic():
        test = form.save()
        AuditEntry.note(request.user, "tested", test.label, recipient=test.recipient)
    return redirect("doctor")


def _show(request, form, status=200):
    found = doctor.examine_for(request)
    context = {
        # The worst first; those alike in their own order.
        "parts": sorted(found, key=lambda part: part.verdict, reverse=True),
        "numbers": [(verdict, sum(part.verdict == verdict for part in found)) for verdict in reversed(Verdict)],
        "now": timezone.now(),
        "form": form,
        "test": latest_test(),
    }
    return render(request, "ops/doctor.html", context, status=status)
