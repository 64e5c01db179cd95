import re

from django import forms
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.forms import NameField, NewPersonForm, TimeZoneField
from accounts.models import User
from orgs.models import Organization, Priority, Role, Status, Task
from orgs.permissions import can_give

WHAT_ROLES_MAY = _(
    "Viewers read. Members also write tasks and export. Admins also look after members and settings. "
    "Owners may do everything, and only they make owners."
)
SOMEONE_WHO_LEFT = _("Someone who left")
SLUG_IS_TAKEN = _("Another organization has this short name.")


class AssigneeSelect(forms.Select):
    """Whoever was chosen and has left since stays so: otherwise the first choice would be shown as chosen."""

    def optgroups(self, name, value, attrs=None):
        groups = super().optgroups(name, value, attrs)
        if any(value) and not any(option["selected"] for _group, options, _index in groups for option in options):
            place = len(groups)
            left = self.create_option(name, value[0], SOMEONE_WHO_LEFT, True, place, attrs=attrs)
            groups.append((None, [left], place))
        return groups


class TaskForm(forms.ModelForm):
    """A task of `instance.organization`, all that people may change of it."""

    class Meta:
        model = Task
        fields = ["title", "description", "status", "priority", "assigned_to", "due_date"]
        labels = {
            "title": _("Title"),
            "description": _("Description"),
            "status": _("Status"),
            "priority": _("Priority"),
            "assigned_to": _("Assigned to"),
            "due_date": _("Due date"),
        }
        widgets = {
            "assigned_to": AssigneeSelect,
            "due_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        error_messages = {"assigned_to": {"invalid_choice": _("This person is no longer a member.")}}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        task, assignee = self.instance, self.fields["assigned_to"]
        # A former member keeps the tasks that were theirs, until somebody else gets them.
        assignee.queryset = (
            User.objects.filter(Q(memberships__organization=task.organization) | Q(pk=task.assigned_to_id))
            .distinct()
            .order_by("name", "email")
        )
        assignee.empty_label = _("Nobody")
        if task.pk:
            for field in self.fields.values():
                field.show_hidden_initial = True
            self._follow_assignee()

    def _follow_assignee(self):
        """Let an assignee whom nobody has touched be that of now: whom the form has shown may have left since."""
        name = self["assigned_to"].html_name
        shown_as = self["assigned_to"].html_initial_name
        if shown_as in self.data and self.data[shown_as] == self.data.get(name):
            now = str(self.instance.assigned_to_id or "")
            self.data = {**self.data.dict(), shown_as: now, name: now}

    @property
    def changes(self):
        """What is to become otherwise: what a person has changed of the task that the form showed, so that what others
        have changed meanwhile stays; all of it where a program sends it, which has seen no form."""
        is_shown = self["title"].html_initial_name in self.data
        return {name: self.cleaned_data[name] for name in (self.changed_data if is_shown else self.fields)}


class QuickTaskForm(TaskForm):
    """A task in one line: a title, and what else is worth saying at once.

    `people`: the choices of assignees to draw, which the page has at hand.
    """

    class Meta(TaskForm.Meta):
        fields = ["title", "priority", "assigned_to", "due_date"]

    def __init__(self, *args, people=(), **kwargs):
        super().__init__(*args, **kwargs, auto_id="new-task-%s")
        self.fields["title"].widget.attrs |= {"placeholder": _("A new task"), "autocomplete": "off"}
        self.fields["assigned_to"].widget.choices = people
        self.fields["priority"].required = False

    def clean_priority(self):
        return self.cleaned_data["priority"] or Priority.NORMAL


KEEP = _("Keep")


class BulkEditForm(forms.Form):
    """What to change in many tasks of `organization`: the `task`s with these ids, or `all` that the filters let pass.

    `people`: the choices of assignees to draw, which the page has at hand.
    """

    task = forms.TypedMultipleChoiceField(coerce=int, required=False)
    all = forms.BooleanField(required=False)
    status = forms.ChoiceField(choices=[("", KEEP), *Status.choices], required=False, label=_("Status"))
    priority = forms.TypedChoiceField(
        choices=[("", KEEP), *Priority.choices], coerce=int, empty_value=None, required=False, label=_("Priority")
    )
    assigned_to = forms.CharField(required=False, label=_("Assigned to"), widget=AssigneeSelect)

    def __init__(self, data, organization, people=()):
        super().__init__(data, auto_id="bulk-%s")
        self.organization = organization
        self.fields["assigned_to"].widget.choices = people
        self.fields["task"].valid_value = lambda value: re.fullmatch("[0-9]{1,18}", value) is not None
        self.fields["task"].error_messages["invalid_choice"] = _("“task” must be the ids of tasks.")
        for name in ("status", "priority"):
            allowed = ", ".join(str(value) for value, label in self.fields[name].choices if value)
            self.fields[name].error_messages["invalid_choice"] = _("“%(name)s” must be one of: %(allowed)s.") % {
                "name": name,
                "allowed": allowed,
            }

    def clean_assigned_to(self):
        value = self.cleaned_data["assigned_to"]
        if value in ("", "none"):
            return value
        if re.fullmatch("[0-9]{1,18}", value) and self.organization.memberships.filter(user=value).exists():
            return int(value)
        raise forms.ValidationError(_("“assigned_to” must be the id of a member, or “none”."))

    def clean(self):
        wanted = self.cleaned_data
        if not self.errors and not self.values:
            raise forms.ValidationError(_("Choose what to change: the status, the priority or the assignee."))
        if "task" in wanted and not wanted["task"] and not wanted.get("all"):
            raise forms.ValidationError(_("Tick the tasks to change."))
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
            member = person and self.organization.members.filter(pk=person).first()
            words["assigned_to"] = str(member or (SOMEONE_WHO_LEFT if person else _("Nobody")))
        return [(self[name].label, word) for name, word in words.items()]


class RoleForm(forms.Form):
    """The role of a member, as somebody with the Role `giver` may give it: only owners make owners."""

    role = forms.TypedChoiceField(coerce=Role, label=_("Role"), help_text=WHAT_ROLES_MAY)

    def __init__(self, *args, giver, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, label) for role, label in Role.choices if can_give(giver, role)]


class InvitationForm(RoleForm):
    """Whom to invite, by e-mail address."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        help_text=_("They get a link with which they join, and make an account if they have none."),
    )

    field_order = ["email", "role"]


class AcceptForm(NewPersonForm):
    """The account of somebody who was invited at an address, which stays as it is."""

    def __init__(self, *args, email, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True
        self.fields["email"].initial = email
        self.order_fields(["email", "name", "password1", "time_zone"])


class NewOrganizationForm(forms.Form):
    """What an organization begins with."""

    organization_name = NameField(label=_("Name of your team or company"), autocomplete="organization")
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=50,
        required=False,
        help_text=_("Stands in addresses, such as /orgs/acme/tasks/. Left empty, it is made from the name."),
        widget=forms.TextInput(attrs={"data-slug-of": "id_organization_name", "autocapitalize": "none"}),
    )
    time_zone = TimeZoneField()

    def clean_slug(self):
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("organization_name", ""))[:50] or "team"
        if Organization.objects.filter(slug=slug.lower()).exists():
            raise forms.ValidationError(SLUG_IS_TAKEN)
        return slug.lower()

    @property
    def columns(self):
        """What Organization.objects.found() takes, of a valid form."""
        wanted = self.cleaned_data
        return {"name": wanted["organization_name"], "slug": wanted["slug"], "time_zone": wanted["time_zone"]}


class OrganizationForm(forms.ModelForm):
    name = NameField(label=_("Name"), autocomplete="organization")
    time_zone = TimeZoneField(
        help_text=_("Decides which day “today” is where nobody's own zone counts, such as at the command line.")
    )

    class Meta:
        model = Organization
        fields = ["name", "time_zone"]
