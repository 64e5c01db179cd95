from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.imports.fields import FIELDS, guess
from exports.imports.reading import DELIMITERS, ENCODINGS

FILES = ".csv,.tsv,.txt,.gz,text/csv,text/tab-separated-values,application/gzip"
HELP = {
    "id": _("Not kept: the tasks get new numbers, in the same order."),
    "assigned_to": _("E-mail addresses or names of members."),
}


class UploadForm(forms.Form):
    file = forms.FileField(label=_("CSV file"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": FILES}))

    file.error_messages["required"] = _("Choose a file (“file”).")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        size = filesizeformat(settings.IMPORT_MAX_SIZE)
        self.fields["file"].help_text = gettext(
            "At most %(size)s and %(rows)s rows; it may be compressed with gzip. The first line has the names of the "
            "columns."
        ) % {"size": size, "rows": f"{settings.IMPORT_MAX_ROWS:,}"}

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_SIZE:
            size = filesizeformat(settings.IMPORT_MAX_SIZE)
            raise forms.ValidationError(
                gettext("The file has more than %(size)s: send it in several parts.") % {"size": size}
            )
        return file


class ReadingForm(forms.Form):
    """How a file is read."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(choices=list(DELIMITERS.items()), label=_("Between columns"))

    encoding.error_messages["invalid_choice"] = format_lazy(
        _("“encoding” must be one of: {encodings}."), encodings=", ".join(ENCODINGS)
    )
    delimiter.error_messages["invalid_choice"] = _("“delimiter” must be a comma, a semicolon or a tab.")


class MappingForm(forms.Form):
    """Which column of a file is which field of a task: its position, 0 for the first.

    Arguments: `header`, the names of the file's columns; `keeps_history`, whether the person may say who wrote the
    tasks, and when. What is absent in `data` is guessed.
    """

    leave_out_unknown = forms.BooleanField(
        required=False,
        label=_("Leave out people who are no members"),
        help_text=_("Otherwise their rows are rejected."),
    )

    def __init__(self, header, *, keeps_history, data=None):
        offered = {name: field for name, field in FIELDS.items() if keeps_history or not field.history}
        guessed = guess(header, offered)
        if data is not None:
            data = data.copy()
            for name in offered:
                data.setdefault(name, str(guessed.get(name, "")))
        super().__init__(data, initial=guessed)
        choices = [
            ("", gettext("Not in the file")),
            *((at, name[:60] or gettext("Column %(number)d") % {"number": at + 1}) for at, name in enumerate(header)),
        ]
        for name, field in offered.items():
            self.fields[name] = forms.TypedChoiceField(
                choices=choices,
                coerce=int,
                empty_value=None,
                required=name == "title",
                label=field.label,
                help_text=HELP.get(name, ""),
                error_messages={
                    "required": gettext("Say which column has the titles (“title”)."),
                    "invalid_choice": gettext("“%(name)s” must be the position of a column: 0 to %(last)d.")
                    % {"name": name, "last": len(header) - 1},
                },
            )
        self.order_fields([*offered, "leave_out_unknown"])

    def clean(self):
        places = [at for name, at in self.cleaned_data.items() if name in FIELDS and at is not None]
        if len(set(places)) < len(places):
            raise forms.ValidationError(gettext("A column of the file can be one field only: choose others."))

    @property
    def mapping(self):
        """The position by field name, of those that are in the file. Needs a valid form."""
        return {name: at for name, at in self.cleaned_data.items() if name in FIELDS and at is not None}
