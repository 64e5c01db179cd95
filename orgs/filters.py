"""The filters of the task list: one form for the page, the JSON list and the exports."""

import datetime
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models import Priority, Status, Task
from orgs.search import mentioning

#: Read by the list itself, beside the filters.
PAGING = frozenset({"after", "before"})


@dataclass(frozen=True)
class Condition:
    """One comparison that a task has to pass, as QuerySet.filter() takes it."""

    column: str
    lookup: str
    value: object

    def as_filter(self, prefix=""):
        return {f"{prefix}{self.column}__{self.lookup}": self.value}


class TaskFilter(forms.Form):
    """Which tasks of `organization` someone wants, and in which order.

    `data` is a QueryDict or a dict with any of the fields below; what is absent or empty does not filter. A bad
    value, a repeated parameter and an unknown one (unless named in `also`) are errors: nothing is ever ignored.
    `user` says who "me" is and what day "today" is; None is the organization's own day, without a "me".
    """

    q = forms.CharField(max_length=100, required=False, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    status = forms.ChoiceField(choices=[("", _("Any")), *Status.choices], required=False, label=_("Status"))
    priority = forms.TypedChoiceField(
        choices=[("", _("Any")), *Priority.choices], coerce=int, empty_value=None, required=False, label=_("Priority")
    )
    assigned_to = forms.CharField(required=False, label=_("Assigned to"), widget=forms.Select)
    due = forms.ChoiceField(
        choices=[("", _("Any time")), ("overdue", _("Overdue")), ("today", _("Today")), ("week", _("Within a week"))],
        required=False,
        label=_("Due"),
    )
    sort = forms.ChoiceField(
        choices=[
            ("", _("Newest first")),
            ("newest", _("Newest first")),
            ("oldest", _("Oldest first")),
            ("due", _("Due date")),
            ("priority", _("Priority")),
        ],
        required=False,
        label=_("Sorted by"),
    )

    def __init__(self, data, organization, user, also=()):
        super().__init__(data)
        self.organization = organization
        self.user = user
        self.also = frozenset(also)
        for name in ("status", "priority", "due", "sort"):
            field = self.fields[name]
            # Names the values, and never repeats what was sent: that may be megabytes.
            allowed = ", ".join(str(value) for value, label in field.choices if value)
            field.error_messages["invalid_choice"] = _("“%(name)s” must be one of: %(allowed)s.") % {
                "name": name,
                "allowed": allowed,
            }
        self.fields["sort"].widget.choices = self.fields["sort"].choices[1:]
        #: The members as choices: asked for only where a form is drawn, once for all forms of a page.
        self.people = cache(self._people)
        self.fields["assigned_to"].widget.choices = self._assignees

    def _people(self):
        members = self.organization.members.only("name", "email").order_by("name", "email")
        return [(person.pk, str(person)) for person in members]

    def _assignees(self):
        return [("", _("Anyone")), ("me", _("Me")), ("none", _("Nobody")), *self.people()]

    def clean_q(self):
        q = self.cleaned_data["q"]
        if any("\ud800" <= character <= "\udfff" for character in q):  # a shell's undecodable bytes
            raise forms.ValidationError(_("“q” must be text in UTF-8."))
        return q

    def clean_assigned_to(self):
        value = self.cleaned_data["assigned_to"]
        if value == "me" and self.user:
            return self.user.pk
        if value in ("", "none"):
            return value
        if re.fullmatch(r"[0-9]{1,18}", value) and self._may_hold_tasks(int(value)):
            return int(value)
        raise forms.ValidationError(_("“assigned_to” must be the id of a member, or one of: me, none."))

    def _may_hold_tasks(self, user_id):
        # Former members keep what was assigned to them.
        return (
            self.organization.memberships.filter(user=user_id).exists()
            or self.organization.tasks.filter(assigned_to=user_id).exists()
        )

    def clean(self):
        for name in self.data:
            shown = str(name)[:50]
            if name not in self.fields and name not in PAGING | self.also:
                words = _("“%(name)s” is not a filter. The filters are: %(names)s.")
                self.add_error(None, words % {"name": shown, "names": ", ".join(self.fields)})
            elif name in self.fields and hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                self.add_error(name, _("“%(name)s” may be given only once.") % {"name": shown})

    @property
    def text(self):
        """What is searched for; empty for nothing."""
        return self.cleaned_data["q"]

    @property
    def order(self):
        """The columns to sort by: one of `Task.ORDERS`."""
        return Task.ORDERS[self.cleaned_data["sort"] or "newest"]

    def today(self):
        """The date where the asking person is."""
        return timezone.localdate(timezone=(self.user or self.organization).zone)

    def queryset(self):
        """The organization's tasks that pass, in order: one SQL statement whatever the filters. Needs a valid form."""
        tasks = Task.objects.order_by(*self.order)
        for condition in self.conditions():
            tasks = tasks.filter(**condition.as_filter())
        return tasks.filter(mentioning(self.text)) if self.text else tasks

    def conditions(self):
        """All that a task has to pass but the search, as Conditions; the first says whose tasks."""
        wanted = self.cleaned_data
        conditions = [Condition("organization_id", "exact", self.organization.pk)]
        if wanted["status"]:
            conditions.append(Condition("is_done", "exact", int(wanted["status"] == Status.DONE)))
        if wanted["status"] and wanted["status"] != Status.DONE:
            conditions.append(Condition("status", "exact", wanted["status"]))
        if wanted["priority"]:
            conditions.append(Condition("priority", "exact", wanted["priority"]))
        if wanted["assigned_to"] == "none":
            conditions.append(Condition("assigned_to_id", "isnull", True))
        elif wanted["assigned_to"]:
            conditions.append(Condition("assigned_to_id", "exact", wanted["assigned_to"]))
        return conditions + self._due_conditions()

    def _due_conditions(self):
        today = self.today()
        match self.cleaned_data["due"]:
            case "overdue" if self.cleaned_data["status"] == Status.DONE:
                return [Condition("id", "exact", 0)]  # no task: what is done is never overdue
            case "overdue":
                return [Condition("due_order", "lt", today), Condition("is_done", "exact", 0)]
            case "today":
                return [Condition("due_order", "exact", today)]
            case "week":
                return [Condition("due_order", "range", (today, today + datetime.timedelta(days=6)))]
        return []

    def as_dict(self):
        """The filters that are set, for JSON: the same tasks whoever reads it back as `data`. "me" is a user's id."""
        wanted = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        if wanted.get("sort") == "newest":
            del wanted["sort"]
        return wanted

    def describe(self):
        """The filters that are set, for people: a list of (label, words)."""
        return [(self[name].label, self._words(name, value)) for name, value in self.as_dict().items()]

    def _words(self, name, value):
        if name == "q":
            return f"“{value}”"
        if name == "assigned_to":
            return str(_("Nobody") if value == "none" else self._person(value))
        return str(dict(self.fields[name].choices)[value])

    def _person(self, user_id):
        model = self.organization.members.model
        return model.objects.filter(pk=user_id).first() or _("Someone who left")

    @property
    def querystring(self):
        """The filters as they were sent, for links: "me" stays "me"."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})
