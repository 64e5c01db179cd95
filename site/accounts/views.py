from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render

from accounts.forms import ProfileForm
from mail.forms import PreferencesForm
from mail.models import Suppression


@login_required
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    context = {
        "form": form,
        "mail_preferences": PreferencesForm(user=request.user),
        "suppression": Suppression.objects.of(request.user.email),
    }
    return render(request, "accounts/profile.html", context)
