from django import template
from django.forms.utils import flatatt
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def options(optgroups):
    """The <option>s of a Django select, in their <optgroup>s: Django's own templates, two for each option, cost more
    than all the rest of a form.

    `optgroups`: what `Select.optgroups()` returns.
    """
    return mark_safe("\n".join(_group(name, choices) for name, choices, _ in optgroups))  # noqa: S308 (escaped below)


def _group(name, choices):
    found = "\n".join(map(_option, choices))
    return f'<optgroup label="{conditional_escape(name)}">\n{found}\n</optgroup>' if name else found


def _option(option):
    attributes = flatatt(option["attrs"]) if option["attrs"] else ""
    value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
    return f'<option value="{value}"{attributes}>{label}</option>'
