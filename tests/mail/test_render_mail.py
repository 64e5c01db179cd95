import pytest

from mail import unsubscribe
from mail.render import render
from tests.kinds.mail import FLEETING, LETTER

pytestmark = pytest.mark.django_db


def write(cast, settings, title="The plan", kind=LETTER):
    settings.PUBLIC_URL = "https://roost.example"
    return render("kinds/mail/letter", {"title": title, "user": cast.carol, "kind": kind})


def test_it_works(cast, settings):
    subject, text, html = write(cast, settings)
    assert subject == "The plan for Carol"
    assert text == (
        "Hello Carol,\n\nread it: https://roost.example/profile/\n\n"
        f"-- \nRoost, https://roost.example\nStop these e-mails: {unsubscribe.link(cast.carol.pk, LETTER)}\n"
    )
    assert "<title>The plan for Carol</title>" in html
    assert 'href="https://roost.example/profile/">Read it</a>' in html
    assert f'href="{unsubscribe.link(cast.carol.pk, LETTER)}"' in html
    assert "prefers-color-scheme: dark" in html


def test_what_one_cannot_switch_off_has_no_link_for_it(cast, settings):
    _, text, html = write(cast, settings, kind=FLEETING)
    assert "unsubscribe" not in text + html


def test_nothing_is_escaped_in_text_and_everything_in_html(cast, settings):
    subject, _, html = write(cast, settings, title='<b>"Q&A"</b>')
    assert subject == '<b>"Q&A"</b> for Carol'
    assert "<h1>&lt;b&gt;&quot;Q&amp;A&quot;&lt;/b&gt;</h1>" in html


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b", "\x00", "\x1b"])
def test_a_title_cannot_forge_a_header(cast, settings, separator):
    subject, _, _ = write(cast, settings, title=f"The plan{separator}Bcc: everybody@acme.test")
    assert subject in ("The plan", "The plan Bcc: everybody@acme.test for Carol")


def test_a_template_without_a_subject_is_a_defect():
    with pytest.raises(ValueError, match="does not begin with"):
        render("mail/footer", {})
