import random
import sys
from unicodedata import category

import pytest
from django.db import connection, transaction

from orgs.filters import TaskFilter
from orgs.models import Task
from orgs.search import candidates, mentioning
from tests.cast import make_org, make_task

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="the index of trigrams is SQLite's")


@pytest.fixture
def acme(db):
    return make_org("Acme")


def mentions(text):
    return [task.title for task in Task.objects.filter(mentioning(text)).order_by("id")]


def test_it_works(acme):
    make_task(acme, "Feed the hens")
    make_task(acme, "Mend the fence", description="The hens got out.\nAgain.")
    make_task(acme, "Paint the barn")
    assert mentions("HENS") == ["Feed the hens", "Mend the fence"]
    assert mentions("n") == ["Feed the hens", "Mend the fence", "Paint the barn"]
    assert mentions("out.\nAgain") == ["Mend the fence"]
    assert mentions("thehens") == []


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Übersicht", "übersicht"),
        ("ÜBERSICHT", "Übersicht"),
        ("Hôtel du Lac", "HÔTEL DU"),
        ("ΟΔΟΣ ΑΘΗΝΩΝ", "αθηνών".replace("ώ", "ω")),
        ("ПРИВЕТ", "привет"),
        ("日本語の仕事", "本語"),
        ("50% off [today]? *maybe*", "50% OFF [TODAY]? *M"),
        ("50% öff [today]? *maybe*", "50% ÖFF [TODAY]? *M"),
        ("a_b\\c", "A_B\\C"),
        ('say "hello"', 'Y "HEL'),
        ("ßtraße", "ßTRA"),
    ],
)
def test_upper_and_lower_case_are_alike(acme, title, text):
    make_task(acme, title)
    make_task(acme, "Something else")
    assert mentions(text) == [title]


@pytest.mark.parametrize("text", ["%", "_", "\\", "*", "?", "[", "]", "[a-z]", "ö*", "ö[a", "ö?"])
def test_signs_mean_themselves(acme, text):
    make_task(acme, "Plain öa words")
    assert mentions(text) == []
    make_task(acme, f"With {text} within")
    assert mentions(text) == [f"With {text} within"]


@on_sqlite
def test_the_index_knows_every_task_that_mentions_a_text(acme):
    """Whatever the letters: candidates may be too many, never too few."""
    rng = random.Random(11)
    letters = [*"aAbB %_\"'*()-", *"äÄßẞéÉıİſKÅΣσςчЧ本語😀ǅ", "\n"]
    for _ in range(300):
        make_task(
            acme, "".join(rng.choices(letters, k=rng.randint(1, 9))), description="".join(rng.choices(letters, k=8))
        )
    for _ in range(150):
        text = "".join(rng.choices(letters, k=rng.choice([1, 2, 2, 3, 3, 4, 6])))
        ids = candidates(acme, text, at_most=1000)
        found = set(Task.objects.filter(mentioning(text)).values_list("pk", flat=True))
        assert ids is None or found <= set(ids), text


@on_sqlite
def test_the_index_folds_every_letter_that_a_search_folds(acme):
    cased = [chr(code) for code in range(128, sys.maxunicode) if category(chr(code)) in {"Lu", "Ll", "Lt"}]
    Task.objects.bulk_create([Task(organization=acme, title=f"zz{letter}{n}") for n, letter in enumerate(cased)])
    for letter in random.Random(1).sample(cased, 75):
        found = set(Task.objects.filter(mentioning(f"zz{letter}")).values_list("pk", flat=True))
        assert found
        assert found <= set(candidates(acme, f"zz{letter}", at_most=10)), hex(ord(letter))


@on_sqlite
def test_the_index_follows_every_write(acme):
    task = make_task(acme, "Feed the hens", description="Twice")
    assert candidates(acme, "hens", 10) == candidates(acme, "twice", 10) == [task.pk]
    Task.objects.filter(pk=task.pk).update(title="Feed the ducks")
    assert candidates(acme, "hens", 10) == []
    assert candidates(acme, "ducks", 10) == candidates(acme, "twice", 10) == [task.pk]
    with transaction.atomic():
        Task.objects.filter(pk=task.pk).delete()
        transaction.set_rollback(True)
    assert candidates(acme, "ducks", 10) == [task.pk]
    Task.objects.all().delete()
    assert candidates(acme, "ducks", 10) == []


@on_sqlite
def test_the_index_names_only_the_organization_s_own(acme):
    elsewhere = make_org("Elsewhere")
    task = make_task(acme, "Feed the hens")
    for _ in range(5):
        make_task(elsewhere, "Feed the hens")
    assert candidates(acme, "hens", at_most=1) == [task.pk]
    assert len(candidates(elsewhere, "hens", at_most=5)) == 5


@on_sqlite
def test_more_candidates_than_asked_for_are_none(acme):
    for _ in range(3):
        make_task(acme, "Feed the hens")
    assert len(candidates(acme, "hens", at_most=3)) == 3
    assert candidates(acme, "hens", at_most=2) is None


@on_sqlite
def test_short_texts_are_found_wherever_they_stand(acme):
    make_task(acme, "Feed the hens")
    at_the_end = make_task(acme, "Call QX")
    below = make_task(acme, "Mend the fence", description="qx")
    assert candidates(acme, "qx", 10) == [at_the_end.pk, below.pk]
    assert candidates(acme, "zz", 10) == []
    for _ in range(5):
        make_task(acme, "QX")
    assert candidates(acme, "qx", 10) is None  # so common that reading finds it sooner


def test_a_long_text(acme):
    title = "".join(random.Random(5).choices("abcdefgh ", k=198)) + "x"
    task = make_task(acme, title)
    make_task(acme, "Something else")
    assert mentions(title) == [title]
    assert candidates(acme, title, 10) in ([task.pk], None)


def test_an_export_is_one_statement(acme, django_assert_num_queries):
    make_task(acme, "Ölkanne")
    wanted = TaskFilter({"q": "ölkanne", "due": "overdue", "status": "done", "sort": "due"}, acme, None)
    assert wanted.is_valid()
    with django_assert_num_queries(1):
        assert list(wanted.queryset()) == []
