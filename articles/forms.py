import hashlib
import re
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from articles.models import Article, Comment, CommentStatus, Status
from articles.models.article import RESERVED_SLUGS
from config.rows import is_gone

MARKDOWN = _("Markdown: **bold**, *italic*, # heading, - list, > quote, [words](https://address).")

#: How far ahead an article may be scheduled.
HORIZON = timedelta(days=5 * 366)


class ArticleForm(forms.ModelForm):
    """The text of an article, whose `organization` is set. Its status has verbs of its own and is not written here."""

    slug = forms.SlugField(
        label=_("Address"),
        max_length=100,
        required=False,
        help_text=_("Ends the article's web address. Left empty, it is made from the title."),
        widget=forms.TextInput(attrs={"data-slug-of": "id_title", "autocapitalize": "none"}),
    )
    body = forms.CharField(
        label=_("Text"),
        max_length=Article._meta.get_field("body").max_length,
        help_text=MARKDOWN,
        widget=forms.Textarea(attrs={"rows": 20}),
    )
    #: Which text the form was made of; a program may leave it out.
    version = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    class Meta:
        model = Article
        fields = ["title", "slug", "body"]
        labels = {"title": _("Title")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("version", version_of(self.instance))
        self.others = self.instance.organization.articles.exclude(pk=self.instance.pk)
        if self.instance.has_been_public:
            self.fields["slug"].disabled = True
            self.fields["slug"].help_text = _("Stays as it is, because people may have it: in an e-mail or a bookmark.")

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_slug(self):
        slug = self.cleaned_data["slug"].lower()
        if slug in RESERVED_SLUGS:
            raise ValidationError(_("Roost uses this address itself. Please choose another one."))
        if slug and self.others.filter(slug=slug).exists():
            raise ValidationError(_("Another article has this address."))
        return slug

    def clean(self):
        if self.cleaned_data.get("slug") == "":
            self.cleaned_data["slug"] = self.others.free_slug(self.cleaned_data.get("title", ""))

    def text_so_far(self):
        """The body as it stands in the form that asks for a preview, as long as a body may be."""
        return self["body"].value()[: self.fields["body"].max_length]

    def try_save(self):
        """Save the text. Returns False, with an error in the form, where another article took the address meanwhile, or
        somebody else has changed the text: saving once more replaces that then. Raises DoesNotExist, or IntegrityError,
        where the article or its organization is gone."""
        try:
            with transaction.atomic():
                if self.instance.pk and self._is_outdated():
                    return False
                if self.instance.pk:  # the other columns may have changed since they were read
                    self.instance.save(update_fields=[*self.Meta.fields, "updated_at"])
                else:
                    self.instance.save()
        except IntegrityError as error:
            if is_gone(error):
                raise
            self.add_error("slug", _("Another article has just been given this address. Please choose another one."))
            return False
        return True

    def _is_outdated(self):
        current = Article.objects.select_for_update(no_key=True).get(pk=self.instance.pk)
        seen = self.cleaned_data["version"]
        # It may be there already: who tries again has perhaps only not heard that it was saved.
        if not seen or version_of(current) in (seen, version_of(self.instance)):
            return False
        self.data = self.data.copy()
        self.data["version"] = version_of(current)
        self.add_error(
            None,
            _(
                "Somebody has changed this article since you opened it. Look at it in another tab and take over what "
                "you want to keep: saving once more replaces their text with yours."
            ),
        )
        return True


def version_of(article):
    """Tells whether the text of an Article is still the one that somebody has seen."""
    text = "\0".join(getattr(article, name) for name in ArticleForm.Meta.fields)
    return hashlib.sha256(text.encode()).hexdigest()


class ScheduleForm(forms.Form):
    publish_at = forms.DateTimeField(
        label=_("Publish at"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["publish_at"].help_text = _("In your time zone, %(zone)s.") % {
            "zone": timezone.get_current_timezone_name()
        }

    def clean_publish_at(self):
        publish_at = self.cleaned_data["publish_at"]
        now = timezone.now()
        if publish_at <= now:
            raise ValidationError(_("This time has passed. Choose a later one, or publish the article now."))
        if publish_at > now + HORIZON:
            raise ValidationError(_("Choose a time within the next five years."))
        return publish_at


class CommentForm(forms.ModelForm):
    body = forms.CharField(
        label=_("Your comment"),
        max_length=Comment._meta.get_field("body").max_length,
        help_text=MARKDOWN,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    class Meta:
        model = Comment
        fields = ["body"]


class RowsField(forms.ModelMultipleChoiceField):
    """As Django's, but an id that no database can hold is a bad choice, and no server error."""

    def clean(self, value):
        if any(not re.fullmatch(r"[0-9]{1,18}", str(pk)) for pk in value or ()):
            raise ValidationError(_("That is no choice."), code="invalid_pk_value")
        return super().clean(value)


class ModerationForm(forms.Form):
    """Which comments of `organization` a moderator means: those ticked, or the single one of the button pressed."""

    comment = RowsField(queryset=None)

    def __init__(self, data, organization):
        if "only" in data:
            data = {"comment": [data["only"]]}
        super().__init__(data)
        self.fields["comment"].queryset = Comment.objects.in_organization(organization)
        self.fields["comment"].error_messages["required"] = _("Tick at least one comment.")


class QueueFilter(forms.Form):
    """Which comments the moderators' page shows: those that wait, unless asked otherwise."""

    status = forms.ChoiceField(
        choices=[
            (CommentStatus.PENDING, pgettext_lazy("comments", "Waiting")),
            (CommentStatus.APPROVED, pgettext_lazy("comments", "Approved")),
            (CommentStatus.REJECTED, pgettext_lazy("comments", "Rejected")),
        ],
        required=False,
    )

    @property
    def wanted(self):
        return self.cleaned_data["status"] or CommentStatus.PENDING


class ArticleFilter(forms.Form):
    """Which articles the list shows: the published ones, unless asked otherwise."""

    q = forms.CharField(max_length=200, required=False, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    # The first choice stands for none.
    status = forms.ChoiceField(
        choices=[(each.value, each.label) for each in sorted(Status, key=lambda each: each != Status.PUBLISHED)],
        required=False,
        label=_("Status"),
    )

    def apply(self, articles):
        """Those of the QuerySet `articles` that pass. Needs a valid form."""
        articles = articles.filter(status=self.wanted_status)
        return articles.search(self.cleaned_data["q"]) if self.cleaned_data["q"] else articles

    @property
    def wanted_status(self):
        return self.cleaned_data["status"] or Status.PUBLISHED

    def as_dict(self):
        """The filters that are set, where they are valid."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def time_label(self):
        """What the times in the list are."""
        return {Status.DRAFT: _("Begun"), Status.SCHEDULED: _("To be published")}.get(
            self.wanted_status, _("Published")
        )
