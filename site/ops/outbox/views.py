"""The pages of the outbox: what waits, what needs a decision, and what became of each e-mail."""

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mail.models import Email, EmailStatus, Suppression
from ops import bulk
from ops.access import staff_only
from ops.filters import PAGING, complaints
from ops.models import BulkAction
from ops.outbox.filter import OutboxFilter
from ops.outbox.forms import AsOfForm, DeliveryTestForm
from ops.outbox.story import key_in_words, story
from ops.outbox.text import POLICY, html_of, text_of
from orgs.http import way_back
from orgs.models import AuditEntry
from orgs.paging import paginate

#: E-mails on a page.
PAGE = 50
NEWEST_FIRST = ("-created_at", "-id")
#: So many of those that have waited longest are looked at for what the mail server said to them.
OLDEST = 100


@staff_only
@require_safe
def outbox(request):
    chosen = OutboxFilter(request.GET, also=PAGING)
    context = {"filter": chosen, **at_a_glance(), "test": DeliveryTestForm(initial={"recipient": request.user.email})}
    if not chosen.is_valid():
        return render(request, "ops/outbox.html", context, status=400)
    context["page"] = paginate(chosen.emails(), NEWEST_FIRST, request.GET, PAGE, chosen.condition())
    return render(request, "ops/outbox.html", context)


@staff_only
@require_safe
def email_detail(request, email_id):
    email = get_object_or_404(Email.objects.select_related("user"), pk=email_id)
    context = {
        "email": email,
        "about": key_in_words(email.key),
        "events": story(email),
        "suppression": Suppression.objects.of(email.recipient),
        "text": text_of(email),
        "has_html": bool(html_of(email)),
    }
    return render(request, "ops/email_detail.html", context)


@staff_only
@require_safe
@xframe_options_sameorigin
def email_html(request, email_id):
    """The HTML of an e-mail, for a frame on its page."""
    html = html_of(get_object_or_404(Email, pk=email_id))
    if not html:
        raise Http404
    return HttpResponse(html, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


# ---- what a person does to one


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def send_again(request, email_id):
    """Asks (GET), and does it (POST)."""
    email = get_object_or_404(Email, pk=email_id)
    if request.method != "POST":
        return confirm(request, "ops/send_again.html", email, email.status in Email.restartable)
    if act(request, email, retried=email.retry):
        messages.success(request, _("The e-mail to %(recipient)s is sent again.") % {"recipient": email.recipient})
    return redirect(way_back(request) or email_page(email))


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def drop(request, email_id):
    """Asks (GET), and does it (POST): what waits is not sent, and nobody is asked about what failed any more."""
    email = get_object_or_404(Email, pk=email_id)
    if request.method != "POST":
        return confirm(request, "ops/drop_email.html", email, email.status in (*Email.trouble, EmailStatus.PENDING))
    if act(request, email, discarded=email.discard, cancelled=email.cancel):
        messages.success(request, _("The e-mail to %(recipient)s is dropped.") % {"recipient": email.recipient})
    return redirect(way_back(request) or email_page(email))


def confirm(request, template, email, is_possible):
    if not is_possible:
        messages.info(request, _("That is no longer possible: %(state)s.") % {"state": email.state})
        return redirect(email_page(email))
    return render(request, template, {"email": email})


def email_page(email):
    return reverse("email_detail", args=[email.pk])


def act(request, email, **verbs):
    """Do the first of the verbs, by what they are in the audit log, that its state allows, and write down who did.
    Returns False, after saying so, where it was too late."""
    was = email.state
    with transaction.atomic():
        done = next((past for past, verb in verbs.items() if verb()), None)
        if done:
            AuditEntry.note(request.user, done, email.label, title=email.title, was=was)
    if not done:
        messages.info(request, _("That is no longer possible: %(state)s.") % {"state": email.state})
    return bool(done)


# ---- what a person does to many


@staff_only
@require_POST
def try_now(request):
    """Tries those now that are put off: the mail server is back."""
    order = BulkAction(
        action=BulkAction.Action.HURRY,
        scope=BulkAction.Scope.OUTBOX,
        as_of=timezone.now(),
        asked_by=request.user,
    )
    preview = bulk.look(order)
    if not preview.total:
        messages.info(request, _("There is none that waits for a later attempt."))
        return redirect("outbox")
    told = _("E-mails that are tried again now: %(acted)s of %(total)s.")
    return bulk.carry_out(request, order, preview, told=told, back=reverse("outbox"))


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def send_all_again(request):
    """Says what it would do (GET), and does it (POST), with all that pass the filter and failed or are uncertain."""
    return act_on_many(
        request,
        BulkAction.Action.RETRY,
        "ops/send_all_again.html",
        told=_("E-mails that are sent again: %(acted)s of %(total)s."),
    )


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def drop_all(request):
    """Says what it would do (GET), and does it (POST), with all that pass the filter and failed or are uncertain."""
    return act_on_many(
        request,
        BulkAction.Action.DISCARD,
        "ops/drop_all.html",
        told=_("E-mails that are dropped: %(acted)s of %(total)s."),
    )


def act_on_many(request, action, template, told):
    chosen, form = OutboxFilter(request.GET, also=PAGING), AsOfForm(request.POST)
    if not (chosen.is_valid() & form.is_valid()):
        raise BadRequest(complaints(chosen, form))
    order = BulkAction(
        action=action,
        scope=BulkAction.Scope.OUTBOX,
        filters=chosen.as_dict(),
        as_of=form.cleaned_data["as_of"],
        asked_by=request.user,
    )
    preview = bulk.look(order)
    if not preview.total:
        messages.info(request, _("There is none that failed or is uncertain."))
        return redirect("outbox")
    if request.method == "POST":
        return bulk.carry_out(request, order, preview, told=told, back=reverse("outbox"))
    return render(request, template, {"order": order, "preview": preview, "query": chosen.querystring})


# ---- how it stands


def at_a_glance():
    """What is not done, by its status, and whether mail leaves. Reads nothing of what was sent."""
    shown = [EmailStatus.PENDING, EmailStatus.RUNNING, EmailStatus.FAILED, EmailStatus.UNCERTAIN]
    by_status = Email.objects.not_done().filter(status__in=shown).order_by().values_list("status")
    return {
        "count": dict.fromkeys(shown, 0) | dict(by_status.annotate(Count("pk"))),
        "is_held": Email.is_held(),
        "put_off": None if Email.is_held() else put_off(),
    }


def put_off():
    """One of those that wait longest for another attempt, with what was said to it; None where nothing is put off."""
    waiting = Email.objects.not_done().filter(status=EmailStatus.PENDING).only("error", "run_after")
    oldest = waiting.order_by("created_at", "id")[:OLDEST]
    soon = timezone.now() + timedelta(seconds=1)
    return next((email for email in oldest if email.error and email.run_after > soon), None)
