from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import mail
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from bench.loads import textbook
from orgs.filters import TaskFilter
from orgs.models import Organization


@login_required
@require_POST
def mail_inline(request, slug):
    """What publishing an article would be if it told the members itself."""
    organization = get_object_or_404(Organization.objects.for_user(request.user), slug=slug)
    connection = mail.get_connection("django.core.mail.backends.smtp.EmailBackend")
    messages = [
        mail.EmailMessage("Plan", "Now.", None, [person.email], connection=connection)
        for person in organization.members.all()
    ]
    return JsonResponse({"sent": connection.send_messages(messages)})


@login_required
@require_POST
def export_inline(request, slug):
    """What `start_export` would be if it built the file itself."""
    organization = get_object_or_404(Organization.objects.for_user(request.user), slug=slug)
    form = TaskFilter(request.GET, organization, request.user)
    form.is_valid()
    return JsonResponse({"rows": textbook.export(form.queryset(), settings.DATA_DIR / "inline.csv")})
