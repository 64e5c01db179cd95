"""Icons, named by what they mean, from the package `heroicons` (https://heroicons.com, MIT licence)."""

from functools import cache

from django import template
from heroicons.templatetags.heroicons import heroicon_mini

register = template.Library()

#: What a page says with an icon, and what it is drawn as. The same thing looks the same everywhere.
ICONS = {
    "add": "plus",
    "backup": "archive-box",
    "comment": "chat-bubble-left",
    "complete": "check",
    "dismiss": "x-mark",
    "edit": "pencil-square",
    "export": "arrow-down-tray",
    "import": "arrow-up-tray",
    "job": "queue-list",
    "log": "clipboard-document-list",
    "mail": "envelope",
    "more": "chevron-down",
    "nothing found": "magnifying-glass",
    "over": "clock",
    "people": "user-group",
    "recurring": "arrow-path",
    "reopen": "arrow-uturn-left",
    "read": "document-text",
    "schedule": "calendar",
    "well": "check-circle",
    "worker": "server-stack",
    "wrong": "exclamation-triangle",
}


@register.simple_tag
@cache
def icon(name):
    """An SVG as large as the text beside it. Screen readers pass over it: the words say the same.

    `name`: one of ICONS; any other raises KeyError.
    """
    return heroicon_mini(ICONS[name], size=None, **{"class": "icon", "aria_hidden": "true"})
