from allauth.account.models import EmailAddress
from django import forms
from django.db.models import Q

from accounts.forms import NameField, TimeZoneField
from accounts.models import User
from orgs.models import Organization, Role, Task
from orgs.permissions import can_manage_owners

WHAT_ROLES_MAY = (
    "Viewers read. Members also write tasks and export. Admins also look after members and settings. "
    "Owners may do everything, and only they make owners."
)
UNKNOWN_ACCOUNT = "There is no account with this e-mail address that could be added."


class TaskForm(forms.ModelForm):
    """A task of `instance.organization`, all that people may change of it."""

    class Meta:
        model = Task
        fields = ["title", "description", "status", "priority", "assigned_to", "due_date"]
        widgets = {"due_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        task, assignee = self.instance, self.fields["assigned_to"]
        # A former member keeps the tasks that were theirs, until somebody else gets them.
        assignee.queryset = (
            User.objects.filter(Q(memberships__organization=task.organization) | Q(pk=task.assigned_to_id))
            .distinct()
            .order_by("name", "email")
        )
        assignee.empty_label = "Nobody"


class RoleForm(forms.Form):
    """The role of a member, as somebody with the Role `giver` may give it: only owners make owners."""

    role = forms.TypedChoiceField(coerce=Role, help_text=WHAT_ROLES_MAY)

    def __init__(self, *args, giver, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [
            (role, label) for role, label in Role.choices if role != Role.OWNER or can_manage_owners(giver)
        ]


class AddMemberForm(RoleForm):
    """Whom to add, by e-mail address. `cleaned_data` has the User as `user`."""

    email = forms.EmailField(label="E-mail address", max_length=254)

    field_order = ["email", "role"]

    def clean_email(self):
        email = self.cleaned_data["email"]
        # Only a proven address: otherwise whoever signs up with somebody else's would be added in their place. And the
        # same words whatever the reason is, which is nobody's business.
        owner = EmailAddress.objects.filter(email=email.lower(), verified=True, user__is_active=True)
        address = owner.select_related("user").first()
        if not address:
            raise forms.ValidationError(UNKNOWN_ACCOUNT)
        self.cleaned_data["user"] = address.user
        return email


class OrganizationForm(forms.ModelForm):
    name = NameField(label="Name", autocomplete="organization")
    time_zone = TimeZoneField(help_text="Says which day “today” is where no person asks, such as at the command line.")

    class Meta:
        model = Organization
        fields = ["name", "time_zone"]
