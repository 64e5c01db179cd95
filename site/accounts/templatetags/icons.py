"""Icons, named by what they mean, from the package `heroicons` (https://heroicons.com, MIT licence)."""

from functools import cache

from django import template
from heroicons.templatetags.heroicons import heroicon_mini

register = template.Library()

#: What a page says with an icon, and what it is drawn as. The same thing looks the same everywhere.
ICONS = {
    "add": "plus",
    "complete": "check",
    "dismiss": "x-mark",
    "edit": "pencil-square",
    "export": "arrow-down-tray",
    "import": "arrow-up-tray",
    "more": "chevron-down",
    "nothing found": "magnifying-glass",
    "reopen": "arrow-uturn-left",
    "read": "document-text",
}


@register.simple_tag
@cache
def icon(name):
    """An SVG as large as the text beside it. Screen readers pass over it: the words say the same.

    `name`: one of ICONS; any other raises KeyError.
    """
    return heroicon_mini(ICONS[name], size=None, **{"class": "icon", "aria_hidden": "true"})
