"""The attributes of a part of a page that keeps itself up to date."""

from django.template import Context, Template


def rendered(tag, **context):
    return Template("{% load live %}" + tag).render(Context(context))


def test_it_works():
    part = rendered("{% live 'exports' '/orgs/acme/' events='export.changed' every=1 organization=3 %}")
    assert 'id="exports"' in part
    assert 'hx-get="/orgs/acme/"' in part
    assert 'hx-select="#exports"' in part
    assert (
        'hx-trigger="roost:export.changed:organization=3 from:document, roost:reset from:document, '
        'roost:look from:document, every 1s"'
    ) in part


def test_where_nothing_is_waited_for_nothing_is_asked():
    assert "every" not in rendered("{% live 'x' '/' events='a.b c.d' every=unfinished|yesno:'1,' %}", unfinished=0)
    assert "every 1s" in rendered("{% live 'x' '/' every=unfinished|yesno:'1,' %}", unfinished=2)


def test_several_events():
    part = rendered("{% live 'x' '/' events='a.b c.d' article=7 %}")
    assert "roost:a.b:article=7 from:document, roost:c.d:article=7 from:document" in part


def test_what_an_address_holds_is_escaped():
    assert 'hx-get="/?q=&quot;&gt;&lt;b&gt;&amp;p=2"' in rendered("{% live 'x' address %}", address='/?q="><b>&p=2')
