"""Does mail arrive? One message, and what the mail server says to it."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mail.models import DeliveryTest
from ops.access import staff_only
from ops.outbox.forms import DeliveryTestForm
from orgs.models import AuditEntry


@staff_only
@require_POST
def start_delivery_test(request):
    form = DeliveryTestForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A test needs an e-mail address."))
        return redirect("outbox")
    form.instance.requested_by = request.user
    with transaction.atomic():
        test = form.save()
        AuditEntry.note(request.user, "tested", test.label, recipient=test.recipient)
    return redirect("delivery_test", test_id=test.pk)


@staff_only
@require_safe
def delivery_test(request, test_id):
    return render(request, "ops/delivery_test.html", {"test": get_object_or_404(DeliveryTest, pk=test_id)})
