from django import forms

from accounts.models import validate_name
from exports.columns import COLUMNS, DEFAULT_COLUMNS
from exports.options import Format
from exports.saved import LAST_DAY, Frequency, Weekday

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


class SavedExportForm(ExportForm):
    """When an export recurs, and how it is written. `person` is the one whose clock counts."""

    name = forms.CharField(max_length=100, validators=[validate_name], help_text="For you, in the list and the e-mail.")
    frequency = forms.ChoiceField(choices=Frequency.choices, label="Repeats")
    weekday = forms.TypedChoiceField(choices=Weekday.choices, coerce=int, label="On")
    month_day = forms.TypedChoiceField(
        choices=[*((day, f"Day {day}") for day in range(1, 29)), (LAST_DAY, "The last day")], coerce=int, label="On"
    )
    hour = forms.TypedChoiceField(choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int, label="At")
    notify = None  # the e-mail is what it is for

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hour"].help_text = f"In the time zone {person.time_zone}."
