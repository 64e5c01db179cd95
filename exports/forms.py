from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import validate_name
from exports.columns import COLUMNS, DEFAULT_COLUMNS
from exports.options import Format
from exports.saved import LAST_DAY, Frequency, Weekday

FLAGS = {"": False, "false": False, "0": False, "true": True, "1": True, "on": True}


class ColumnBoxes(forms.CheckboxSelectMultiple):
    """Reads columns in the order in which they are given: one parameter for each, or their names with commas between.

    An empty parameter is none. The page sends one, so that nothing ticked differs from nothing asked for.
    """

    def value_from_datadict(self, data, files, name):
        given = super().value_from_datadict(data, files, name) or ()
        columns = [column.strip() for value in given for column in value.split(",") if column.strip()]
        return columns[: len(COLUMNS) + 1]  # of more, one is unknown or named twice


class ColumnsField(forms.MultipleChoiceField):
    widget = ColumnBoxes

    def validate(self, value):
        super().validate(value)
        if len(set(value)) < len(value):
            raise forms.ValidationError(gettext("“columns” names a column twice."))


class ExportForm(forms.Form):
    """How to export, beside which tasks (`orgs.filters.TaskFilter`)."""

    export_format = forms.ChoiceField(choices=Format.choices, label=_("Format"))
    columns = ColumnsField(choices=[(column.name, column.label) for column in COLUMNS.values()], label=_("Columns"))
    bom = forms.BooleanField(
        required=False,
        label=_("For opening in Excel"),
        help_text=_("Begins a CSV file with a byte order mark, so that Excel shows every letter right."),
    )
    notify = forms.BooleanField(required=False, label=_("E-mail me when it is done"))

    # They name what is allowed, and never repeat what was sent: that may be megabytes.
    export_format.error_messages["required"] = export_format.error_messages["invalid_choice"] = format_lazy(
        _("“export_format” must be one of: {formats}."), formats=", ".join(Format.values)
    )
    columns.error_messages["required"] = _("Choose at least one column (“columns”).")
    columns.error_messages["invalid_choice"] = format_lazy(
        _("“columns” may hold: {columns}."), columns=", ".join(COLUMNS)
    )

    @classmethod
    def of(cls, query, **kwargs):
        """The form for a QueryDict: what is absent in it has its default."""
        query = query.copy()
        query.setdefault("export_format", Format.CSV)
        query.setlistdefault("columns", DEFAULT_COLUMNS)
        return cls(query, **kwargs)

    def clean_bom(self):
        return self._flag("bom")

    def clean_notify(self):
        return self._flag("notify")

    def _flag(self, name):
        if str(self.data.get(name, "")).lower() not in FLAGS:  # a checkbox takes any word for "on"
            raise forms.ValidationError(gettext("“%(name)s” must be one of: true, false.") % {"name": name})
        return self.cleaned_data[name]

    def clean(self):
        for name in self.fields.keys() - {"columns"}:
            if hasattr(self.data, "getlist") and len(self.data.getlist(name)) > 1:
                self.add_error(name, gettext("“%(name)s” may be given only once.") % {"name": name})


class SavedExportForm(ExportForm):
    """When an export recurs, and how it is written. `person` is the one whose clock counts."""

    name = forms.CharField(
        max_length=100,
        label=_("Name"),
        validators=[validate_name],
        help_text=_("For you, in the list and the e-mail."),
    )
    frequency = forms.ChoiceField(choices=Frequency.choices, label=_("Repeats"))
    weekday = forms.TypedChoiceField(choices=Weekday.choices, coerce=int, label=pgettext_lazy("a day", "On"))
    month_day = forms.TypedChoiceField(
        choices=[
            *((day, format_lazy(_("Day {day}"), day=day)) for day in range(1, 29)),
            (LAST_DAY, _("The last day")),
        ],
        coerce=int,
        label=pgettext_lazy("a day", "On"),
    )
    hour = forms.TypedChoiceField(
        choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int, label=pgettext_lazy("an hour", "At")
    )
    notify = None  # the e-mail is what it is for

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hour"].help_text = gettext("In the time zone %(time_zone)s.") % {"time_zone": person.time_zone}
