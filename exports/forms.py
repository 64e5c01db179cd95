from django import forms

from exports.columns import COLUMNS, DEFAULT_COLUMNS
from exports.models import Format

FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True, "on": True}


class ColumnsField(forms.MultipleChoiceField):
    """Columns in the order in which they are given: one parameter for each, or their names with commas between."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value):
        names = [name.strip() for item in value or () for name in item.split(",") if name.strip()]
        if not set(names) <= COLUMNS.keys():
            raise forms.ValidationError(f"“columns” may hold: {', '.join(COLUMNS)}.")
        if len(set(names)) < len(names):
            raise forms.ValidationError("“columns” names a column twice.")
        return names or list(DEFAULT_COLUMNS)


class ExportForm(forms.Form):
    """How to export, beside which tasks (`orgs.filters.TaskFilter`). What is absent has its default."""

    export_format = forms.ChoiceField(
        choices=Format.choices,
        required=False,
        label="Format",
        error_messages={"invalid_choice": f"“export_format” must be one of: {', '.join(Format.values)}."},
    )
    columns = ColumnsField(choices=[(column.name, column.label) for column in COLUMNS.values()], required=False)
    bom = forms.BooleanField(
        required=False,
        label="Byte order mark",
        help_text="For CSV that is opened in Excel by a double click.",
    )

    notify = forms.BooleanField(required=False, label="E-mail me when it is done")

    def clean_export_format(self):
        return self.cleaned_data["export_format"] or Format.CSV.value

    def clean_bom(self):
        return self.flag("bom")

    def clean_notify(self):
        return self.flag("notify")

    def flag(self, name):
        word = self.data.get(name, "").lower()
        if word not in FLAGS:  # a checkbox takes any word for "on"
            raise forms.ValidationError(f"“{name}” must be one of: true, false.")
        return FLAGS[word]
