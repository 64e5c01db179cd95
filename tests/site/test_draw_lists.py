"""What every list has: something to see where it is empty, and filters that fold on a phone."""

import re

from tests.site.test_boost_forms import templates

EMPTY = re.compile(r'<(section|div) class="empty[^>]*>(.*?)</\1>', re.DOTALL)
FILTERS = re.compile(r'(.{0,300})<form class="filters"', re.DOTALL)


def test_every_empty_state_has_an_icon_and_says_what_it_is_and_what_to_do():
    found = [(path, each) for path, text in templates() for _, each in EMPTY.findall(text)]
    assert len(found) > 40
    assert [(path, each) for path, each in found if not each.lstrip().startswith("{% icon ")] == []
    assert [(path, each) for path, each in found if not re.search("<h[123]>", each) or "<p>" not in each] == []


def test_all_filters_fold():
    found = [(path, before) for path, text in templates() for before in FILTERS.findall(text)]
    assert len(found) > 4
    assert [path for path, before in found if 'class="filters-fold"' not in before] == []
