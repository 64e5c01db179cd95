import re

from allauth.account.models import EmailAddress
from django import forms
from django.db.models import Q

from accounts.forms import NameField, TimeZoneField
from accounts.models import User
from orgs.models import Organization, Priority, Role, Status, Task
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


class QuickTaskForm(TaskForm):
    """A task in one line: a title, and what else is worth saying at once.

    `people`: the choices of assignees to draw, which the page has at hand.
    """

    class Meta(TaskForm.Meta):
        fields = ["title", "priority", "assigned_to", "due_date"]

    def __init__(self, *args, people=(), **kwargs):
        super().__init__(*args, **kwargs, auto_id="new-task-%s")
        self.fields["title"].widget.attrs |= {"placeholder": "A new task", "autocomplete": "off"}
        self.fields["assigned_to"].widget.choices = people
        self.fields["priority"].required = False

    def clean_priority(self):
        return self.cleaned_data["priority"] or Priority.NORMAL


KEEP = "Keep"


class BulkEditForm(forms.Form):
    """What to change in many tasks of `organization`: the `task`s with these ids, or `all` that the filters let pass.

    `people`: the choices of assignees to draw, which the page has at hand.
    """

    task = forms.TypedMultipleChoiceField(coerce=int, required=False)
    all = forms.BooleanField(required=False)
    status = forms.ChoiceField(choices=[("", KEEP), *Status.choices], required=False)
    priority = forms.TypedChoiceField(
        choices=[("", KEEP), *Priority.choices], coerce=int, empty_value=None, required=False
    )
    assigned_to = forms.CharField(required=False, label="Assigned to", widget=forms.Select)

    def __init__(self, data, organization, people=()):
        super().__init__(data, auto_id="bulk-%s")
        self.organization = organization
        self.fields["assigned_to"].widget.choices = people
        self.fields["task"].valid_value = lambda value: re.fullmatch("[0-9]{1,18}", value) is not None
        self.fields["task"].error_messages["invalid_choice"] = "“task” must be the ids of tasks."
        for name in ("status", "priority"):
            allowed = ", ".join(str(value) for value, _ in self.fields[name].choices if value)
            self.fields[name].error_messages["invalid_choice"] = f"“{name}” must be one of: {allowed}."

    def clean_assigned_to(self):
        value = self.cleaned_data["assigned_to"]
        if value in ("", "none"):
            return value
        if re.fullmatch("[0-9]{1,18}", value) and self.organization.memberships.filter(user=value).exists():
            return int(value)
        raise forms.ValidationError("“assigned_to” must be the id of a member, or “none”.")

    def clean(self):
        wanted = self.cleaned_data
        if not self.errors and not self.values:
            raise forms.ValidationError("Choose what to change: the status, the priority or the assignee.")
        if "task" in wanted and not wanted["task"] and not wanted.get("all"):
            raise forms.ValidationError("Tick the tasks to change.")
        return wanted

    @property
    def values(self):
        """What the tasks get, by column, as JSON takes it (`BulkEdit.values`)."""
        wanted = self.cleaned_data
        values = {name: wanted[name] for name in ("status", "priority") if wanted.get(name)}
        if wanted.get("assigned_to"):
            values["assigned_to"] = None if wanted["assigned_to"] == "none" else wanted["assigned_to"]
        return values

    def describe(self):
        """What the tasks get, for people: a list of (label, words)."""
        values = self.values
        words = {
            name: dict(self.fields[name].choices)[values[name]] for name in ("status", "priority") if name in values
        }
        if "assigned_to" in values:
            person = values["assigned_to"]
            words["assigned_to"] = str(self.organization.members.get(pk=person)) if person else "Nobody"
        return [(self[name].label, word) for name, word in words.items()]


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
