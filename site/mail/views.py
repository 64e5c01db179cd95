from functools import wraps

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from mail import preferences, transport
from mail import unsubscribe as links
from mail.forms import DeliveryTestForm, PreferencesForm
from mail.models import DeliveryTest, Email, EmailStatus, Suppression

#: E-mails on a page of the outbox.
PAGE = 50


def staff_only(view):
    """Whoever does not operate this installation does not see that there is such a page."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


# ---- for whoever gets e-mails


@csrf_exempt  # a mail program posts without our cookies (RFC 8058, 3.1); the signature in the link is the proof
def unsubscribe(request, token):
    """Asks (GET), and does it (POST); the answer to a POST is no redirect, as RFC 8058 demands."""
    try:
        user_id, kind = links.read(token)
    except ValueError as error:
        raise Http404(str(error)) from error
    done = request.method == "POST"
    user = get_user_model().objects.filter(pk=user_id).first()
    if done and user:  # whose account is gone gets no more e-mails anyway
        preferences.opt_out(user, kind)
    return render(request, "mail/unsubscribe.html", {"kind": kind, "done": done})


@login_required
@require_POST
def save_preferences(request):
    form = PreferencesForm(request.POST, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Your choice of e-mails is saved.")
    return redirect("profile")


@login_required
@require_POST
def confirm_address(request):
    """The address that a mail server called unknown is right."""
    Suppression.objects.lift(request.user.email)
    messages.success(request, f"E-mails go to {request.user.email} again.")
    return redirect("profile")


# ---- for whoever operates this installation


@staff_only
@require_safe
def outbox(request):
    everything = request.GET.get("show") == "all"
    emails = Email.objects.all() if everything else Email.objects.in_trouble()
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:  # no key is longer
        emails = emails.filter(pk__lt=int(before))
    page = list(emails.defer("text", "html").order_by("-pk")[: PAGE + 1])
    context = {
        "emails": page[:PAGE],
        "everything": everything,
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "waiting": Email.objects.unfinished().count(),
        "failed": Email.objects.in_trouble().filter(status=EmailStatus.FAILED).count(),
        "is_configured": transport.is_configured(),
        "form": DeliveryTestForm(initial={"recipient": request.user.email}),
    }
    return render(request, "mail/outbox.html", context)


@staff_only
@require_POST
def send_again(request, email_id):
    email = get_object_or_404(Email, pk=email_id)
    if email.retry():
        messages.success(request, f"The e-mail to {email.recipient} is sent again.")
    return redirect("outbox")


@staff_only
@require_POST
def leave(request, email_id):
    email = get_object_or_404(Email, pk=email_id)
    if email.discard():
        messages.success(request, f"The e-mail to {email.recipient} is left as it is.")
    return redirect("outbox")


@staff_only
@require_POST
def try_now(request):
    count = Email.objects.hurry()
    messages.success(request, f"E-mails that are tried again now: {count}.")
    return redirect("outbox")


@staff_only
@require_POST
def send_failed_again(request):
    count = sum(
        email.retry() for email in Email.objects.in_trouble().filter(status=EmailStatus.FAILED).defer("text", "html")
    )
    messages.success(request, f"E-mails that are sent again: {count}.")
    return redirect("outbox")


@staff_only
@require_POST
def start_delivery_test(request):
    form = DeliveryTestForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A test needs an e-mail address.")
        return redirect("outbox")
    form.instance.requested_by = request.user
    return redirect("delivery_test", test_id=form.save().pk)


@staff_only
@require_safe
def delivery_test(request, test_id):
    return render(request, "mail/delivery_test.html", {"test": get_object_or_404(DeliveryTest, pk=test_id)})
