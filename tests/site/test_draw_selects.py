"""Our template of a <select> draws what Django's would."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

CHOICES = {
    "flat": [("", "Any"), (1, "<One> & “two”"), ("2", "Two")],
    "grouped": [("", "Any"), ("Europe & <Asia>", [("a", "A"), ("b", "B")]), ("None", [])],
    "none": [],
}


class Pickier(forms.Select):
    """Gives an option attributes of its own."""

    def create_option(self, name, value, label, selected, index, **kwargs):
        option = super().create_option(name, value, label, selected, index, **kwargs)
        option["attrs"] |= {"disabled": value == "2", "data-words": '"quoted"'}
        return option


@pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple, Pickier])
@pytest.mark.parametrize("value", ["", "2", 1, "b", '"><script>', None])
@pytest.mark.parametrize("choices", CHOICES.values(), ids=CHOICES)
def test_it_works(widget, value, choices):
    class Form(forms.Form):
        field = forms.Field(widget=widget({"class": "wide"}, choices))

    values = [value] if widget is forms.SelectMultiple else value
    drawn = Form({"field": values})["field"]
    theirs = Form({"field": values}, renderer=DjangoTemplates())["field"]
    assert "<select" in str(drawn)
    assert parse_html(str(drawn)) == parse_html(str(theirs))
