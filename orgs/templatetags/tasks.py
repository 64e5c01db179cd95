"""The rows of tables of tasks: <tr>s whose columns are those of the table's head in the template that calls the tag.

They are formatted here and not in a template: for fifty rows that would take as long as all the rest of their page.
"""

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.templatetags.icons import icon
from orgs.models import Priority, Status

register = template.Library()

TASK_ROW = (
    '<tr id="task-{id}"{attributes}>{tick}<td class="cell-main"><a href="{address}{come_back}">{title}</a></td>'
    "<td>{status}</td><td>{priority}</td><td>{person}</td>{due}{action}</tr>"
)
MY_TASK_ROW = (
    '<tr id="task-{id}"><td class="cell-main"><a href="{address}{come_back}">{title}</a></td>'
    "<td>{organization}</td><td>{priority}</td>{due}{action}</tr>"
)
TICK = (
    '<td class="cell-tick"><input type="checkbox" name="task" value="{id}" form="bulk"{checked} '
    'aria-label="{tick} {title}"></td>'
)
ACTION = (
    '<td class="cell-actions"><form method="post" hx-boost="true"{replaces} action="{address}{verb}/">{hidden}'
    '<button class="button button-small{look}">{icon}<span class="button-words">{words}'
    '<span class="visually-hidden"> {title}</span></span></button></form></td>'
)
IS_DONE, CHECKED = SafeString(' class="is-done"'), SafeString(" checked")
NO_DATE, NO_ACTION = SafeString("<td></td>"), SafeString('<td class="cell-actions"></td>')


@register.simple_tag(takes_context=True)
def task_rows(context, tasks):
    """The rows of the task list, each Task of `tasks` with its assignee."""
    make, may_write, ticked = Cells(context), context["may_write"], context["ticked"]
    list_address = reverse("task_list", args=[context["organization"].slug])

    def row(task):
        cells = make.shared(task, f"{list_address}{task.pk}/")
        return cells | {
            "come_back": context["come_back"],
            "attributes": IS_DONE if task.status == Status.DONE else "",
            "tick": make.tick(cells, cells["id"] in ticked) if may_write else "",
            "status": make.statuses[task.status],
            "person": format_html('<span class="clipped">{}</span>', task.assigned_to) if task.assigned_to else "",
            "action": make.action(task, cells) if may_write else "",
        }

    return format_html_join("\n", TASK_ROW, map(row, tasks))


@register.simple_tag(takes_context=True)
def my_task_rows(context, tasks):
    """The rows of one's tasks in all organizations: `tasks` are pairs of a Task, with its organization, and whether one
    may complete it."""
    make = Cells(context, format_html(' hx-replace-url="{}"', context["here"]))
    come_back = "?" + urlencode({"next": context["here"]})

    def row(pair):
        task, may_complete = pair
        cells = make.shared(task, reverse("edit_task", args=[task.organization.slug, task.pk]))
        return cells | {
            "come_back": come_back,
            "organization": task.organization.name,
            "action": make.action(task, cells) if may_complete else NO_ACTION,
        }

    return format_html_join("\n", MY_TASK_ROW, map(row, tasks))


class Cells:
    """Makes the cells of rows. What is the same in each row is made once.

    `replaces`: attributes of the forms in the rows.
    """

    def __init__(self, context, replaces=""):
        self.today = context["today"]
        self.replaces = replaces
        hidden = {"csrfmiddlewaretoken": context["csrf_token"], "next": context["here"]}
        self.hidden = format_html_join("", '<input type="hidden" name="{}" value="{}">', hidden.items())
        self.statuses = {
            value: format_html('<span class="badge" data-status="{}">{}</span>', value, label)
            for value, label in Status.choices
        }
        self.priorities = {
            value: format_html('<span class="badge" data-priority="{}">{}</span>', value, label)
            for value, label in Priority.choices
        }
        self.due_words, self.overdue = _("Due"), _("overdue")
        self.day, self.day_and_year = _("j M"), _("j M Y")
        self.tick_words = pgettext("before the title of a task", "Tick")
        self.complete = {
            "verb": "complete",
            "words": pgettext("before the title of a task", "Complete"),
            "icon": icon("complete"),
            "look": "",
        }
        self.reopen = {
            "verb": "reopen",
            "words": pgettext("before the title of a task", "Reopen"),
            "icon": icon("reopen"),
            "look": " button-quiet",
        }

    def shared(self, task, address):
        """What both tables show of a task, whose page is at the `address`."""
        return {
            "id": str(task.pk),
            "title": conditional_escape(task.title),
            "address": address,
            "priority": self.priorities[task.priority],
            "due": self.due(task),
        }

    def tick(self, cells, is_ticked):
        return format_html(TICK, **cells, tick=self.tick_words, checked=CHECKED if is_ticked else "")

    def due(self, task):
        """A cell with `<time datetime="2026-11-20">20 Nov</time> <span class="badge" …>overdue</span>`."""
        due = task.due_date
        if not due:
            return NO_DATE
        words = date_format(due, self.day if due.year == self.today.year else self.day_and_year)
        is_overdue = due < self.today and task.status != Status.DONE
        return format_html(
            '<td class="nowrap" data-label="{}"><time datetime="{}">{}</time>{}</td>',
            self.due_words,
            due.isoformat(),
            words,
            format_html(' <span class="badge" data-tone="danger">{}</span>', self.overdue) if is_overdue else "",
        )

    def action(self, task, cells):
        form = self.reopen if task.status == Status.DONE else self.complete
        return format_html(ACTION, **cells, **form, hidden=self.hidden, replaces=self.replaces)
