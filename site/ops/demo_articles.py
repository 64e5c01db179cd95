"""What the demo organization's people have written: articles, and what others say below them."""

#: (author, title, days since it was published, Markdown, comments);
#: each comment: (author, hours after the article, Markdown, whether it is approved)
ARTICLES = [
    (
        "alice@acme.test",
        "How we work at Acme",
        120,
        """\
Everything that takes more than five minutes is a task. A task has **one** person who does it; if it has two, it
is two tasks.

## A week

- **Monday** we look through what is due and move what will not fit.
- **Wednesday** nobody is asked to a meeting.
- **Friday** whoever finished something worth knowing writes it down here.

## Words

| word | what we mean |
| --- | --- |
| open | nobody has begun |
| in progress | somebody works on it this week |
| done | whoever asked for it has seen it |

> If you are not sure whether to write it down: write it down.
""",
        [
            ("bob@acme.test", 3, "Could we say that *in progress* means at most three per person?", True),
            ("carol@acme.test", 20, "The free Wednesday is the best rule we ever made.", True),
        ],
    ),
    (
        "bob@acme.test",
        "Moving the wiki: what changes on the first of the month",
        34,
        """\
The old wiki is read-only from the first of the month. What we still need stands here; the rest is in the archive.

1. Search here first.
2. Then search `archive/wiki` on the file server.
3. Then ask [Carol](mailto:carol@acme.test), who moved it.

```
rsync -a fileserver:archive/wiki/ ~/wiki/
```
""",
        [
            ("carol@acme.test", 1, "The drawings are in `archive/wiki/media`, with their old names.", True),
            ("carol@acme.test", 30, "Two pages were missing; they are there now: *Travel* and *Suppliers*.", True),
        ],
    ),
    (
        "carol@acme.test",
        "Notes from the trade fair",
        9,
        """\
Three days, 64 conversations, one lost laptop charger.

## What people asked for

- Dark mode for the status page, again.
- An export that their bookkeeping can read.
- Fewer e-mails.

## What we promised

Northwind and Søndergaard get an answer by the end of the month. Both are tasks already, and both are Bob's.
""",
        [
            ("bob@acme.test", 2, "Northwind is answered.", True),
            ("alice@acme.test", 5, "Thank you for going. Was the stand the right size?", True),
            ("carol@acme.test", 6, "A little too big for three, and the coffee machine was worth every cent.", True),
            ("carol@acme.test", 200, "I have put the photographs on the file server.", False),
        ],
    ),
    (
        "alice@acme.test",
        "The office is closed on Friday",
        1,
        "The heating is replaced. Work from wherever it is warm; the phone is with Dave until noon.\n",
        [
            ("carol@acme.test", 4, "Will the parcel from *Papelería “El Sol”* be taken in?", False),
        ],
    ),
]
