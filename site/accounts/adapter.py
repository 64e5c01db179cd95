from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """What Roost decides otherwise than allauth; the settings of allauth and its templates hold the rest."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and password do not belong together."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes, or reset your password."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
        "duplicate_email": _("This already is your e-mail address."),
    }

    def is_open_for_signup(self, request):
        return settings.OPEN_REGISTRATION

    def save_user(self, request, user, form, commit=True):
        user.name = form.cleaned_data["name"]
        user = super().save_user(request, user, form, commit=False)
        user.password = form.hashed
        if commit:
            user.save()
        return user

    def confirm_email(self, request, email_address):
        """As allauth's, but an address that meanwhile belongs to another person's account is refused in words."""
        if User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id).exists():
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False
        return super().confirm_email(request, email_address)

    def get_password_change_redirect_url(self, request):
        return reverse("profile")

    # Links in e-mails lead to PUBLIC_URL, whatever Host header the request came with (OWASP, "Forgot Password").

    def get_reset_password_from_key_url(self, key):
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return settings.PUBLIC_URL + path

    def get_email_confirmation_url(self, request, emailconfirmation):
        return settings.PUBLIC_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def send_password_reset_mail(self, user, email, context):
        """To the account's own address, whatever address found it: one that is not confirmed yet may be somebody
        else's, mistyped."""
        super().send_password_reset_mail(user, user.email, context)

    def send_mail(self, template_prefix, email, context):
        context = {**context, "public_url": settings.PUBLIC_URL, "open_registration": settings.OPEN_REGISTRATION}
        super().send_mail(template_prefix, email, context)
