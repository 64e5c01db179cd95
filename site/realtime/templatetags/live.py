"""Parts of pages that keep themselves up to date."""

from django import template
from django.utils.html import format_html

register = template.Library()

#: Events of every part: more was missed than could be told, and somebody looks at the page again (static/js/live.js).
ALWAYS = ("reset", "look")


@register.simple_tag
def live(part, address, events="", every=None, **ids):
    """The attributes of an element that htmx keeps up to date: it becomes what the page at `address` has with its id.

    `part`: its id. `events`: the kinds of events after which to look, separated by spaces ("export.changed"); one of
    `ids` (export=7) leaves out what happens to others. `every`: seconds between two looks where no stream of events
    is open, or the part has no events; falsy where nothing is to be waited for.
    """
    about = "".join(f":{name}={value}" for name, value in ids.items())
    kinds = [*(f"{kind}{about}" for kind in events.split()), *ALWAYS]
    triggers = [f"roost:{kind} from:document" for kind in kinds]
    if every:
        triggers.append(f"every {every}s")
    return format_html(
        'id="{part}" data-live="{events}" hx-get="{address}" hx-trigger="{triggers}" hx-select="#{part}" '
        'hx-target="this" hx-swap="morph" hx-indicator="this" hx-sync="this:queue last"',
        part=part, address=address, events=events, triggers=", ".join(triggers),
    )  # fmt: skip
