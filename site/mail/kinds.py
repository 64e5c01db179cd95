"""The kinds of e-mail that Roost writes. Each app declares its own as constants of its `mail.py`:

ARTICLE_PUBLISHED = Kind(
    "article-published",
    label=_("Articles"),
    description=_("When an article is published"),
    resend=False,
    optional=True,
)
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

#: Every declared kind by its name; complete once the apps are loaded.
registry: dict[str, "Kind"] = {}


@dataclass(frozen=True, eq=False)  # each is one of its own; texts in several languages could not be compared
class Kind:
    """What holds for all e-mails of one kind. Declaring one registers it.

    Raises ValueError where the name is taken: rows, preferences and links in sent mail refer to it.
    """

    #: Unique and for ever, such as "article-published".
    name: str
    _: KW_ONLY
    #: What it is about, in a word or two, marked for translation: "Articles".
    label: str
    #: When it is sent, for the preferences: "When an article is published".
    description: str
    #: What becomes of a message of which nobody knows whether the mail server has it: it is sent once more with the
    #: same Message-ID, by which a mail program may recognize the copy, or it waits for a person.
    resend: bool
    #: People may switch it off, on their profile and with one click in their mail program.
    optional: bool
    #: A person waits for it just now: it is tried even where the address was refused before, and its arrival proves
    #: the address.
    asked_for: bool = False
    #: Whether a key is never posted again once a week has passed. Old rows of such a kind are deleted like those of any
    #: other job; those of all others stay for ever, for they keep a message from being written twice.
    keys_expire: bool = False
    #: Only people who operate this installation (`is_staff`) get it, and may choose it.
    for_staff: bool = False
    #: The dotted name of a function that is asked just before sending, with the Email: is it still wanted?
    still_wanted: str = ""

    def __post_init__(self):
        if self.name in registry:
            raise ValueError(f"Two kinds of e-mail are named {self.name!r}.")
        registry[self.name] = self

    @property
    def is_still_wanted(self) -> Callable:
        return import_string(self.still_wanted) if self.still_wanted else _always


def _always(email):
    return True


#: What Django and its apps send by themselves: password resets, confirmations of addresses.
ACCOUNT = Kind(
    "account",
    label=_("Account"),
    description=_("Passwords and addresses"),
    resend=True,
    optional=False,
    asked_for=True,
    keys_expire=True,
)

#: Stands for a kind that an earlier release knew.
RETIRED = Kind("retired", label=_("Other"), description=_("From an earlier release"), resend=False, optional=False)
