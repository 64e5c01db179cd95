import json

from django import template
from django.utils.translation import ngettext

register = template.Library()

#: Numbers among which every language has one of each of its plural forms (unicode.org/cldr, "Language Plural Rules").
SAMPLES = [0, 1, 2, 3, 5, 11, 100]


@register.simple_tag
def change_words():
    """What changes.js says of a number of changes, as JSON: by a sample number, the words for all numbers like it."""
    return json.dumps(
        {number: ngettext("%(number)s change, show", "%(number)s changes, show", number) for number in SAMPLES}
    )
