"""Whoever was to be told was told: each thing that happened has its e-mails.

A cause and the row that remembers it are written in one transaction, and the row's end and its e-mail in another one.
Here the e-mails are counted from the causes.
"""

from bench.chaos import database
from bench.chaos.proof import Check

#: A message that was not kept back: an operator drops what was uncertain and has arrived.
SENT = "(e.status != 'cancelled' OR e.error LIKE '%may or may not have the message.')"
#: What must not be there, each as a query for labels; with it what is there, for the count.
RULES = {
    "published articles without a notification": """
        SELECT 'article ' || a.id FROM articles_article AS a
        WHERE published_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM articles_articlenotification AS n WHERE n.article_id = a.id)
    """,
    "members who were not told of an article": f"""
        SELECT 'article ' || a.id || ' to user ' || m.user_id
        FROM articles_article AS a
        JOIN articles_articlenotification AS n ON n.article_id = a.id
        JOIN orgs_membership AS m ON m.organization_id = a.organization_id AND m.created_at <= n.created_at
        WHERE a.status = 'published' AND NOT EXISTS (
            SELECT 1 FROM mail_email AS e
            WHERE e.key = 'article:' || a.id || ':published:user:' || m.user_id AND {SENT})
    """,
    "comments of members without a notification": """
        SELECT 'comment ' || c.id FROM articles_comment AS c
        JOIN articles_article AS a ON a.id = c.article_id
        JOIN orgs_membership AS m ON m.organization_id = a.organization_id AND m.user_id = c.author_id
        WHERE m.role = 'member' AND NOT EXISTS (
            SELECT 1 FROM articles_commentnotification AS n WHERE n.comment_id = c.id AND n.kind = 'submitted')
    """,
    "moderators who were not told of a waiting comment": f"""
        SELECT 'comment ' || c.id || ' to user ' || m.user_id FROM articles_comment AS c
        JOIN articles_article AS a ON a.id = c.article_id
        JOIN orgs_membership AS m ON m.organization_id = a.organization_id AND m.role IN ('owner', 'admin')
        WHERE c.status = 'pending' AND m.user_id != c.author_id AND NOT EXISTS (
            SELECT 1 FROM mail_email AS e
            WHERE e.key = 'comment:' || c.id || ':submitted:user:' || m.user_id AND {SENT})
    """,
    "authors who were not told of a comment that appeared": f"""
        SELECT 'comment ' || c.id || ' to user ' || a.author_id FROM articles_comment AS c
        JOIN articles_article AS a ON a.id = c.article_id
        WHERE c.status = 'approved' AND a.author_id != c.moderated_by_id AND NOT EXISTS (
            SELECT 1 FROM mail_email AS e
            WHERE e.key = 'comment:' || c.id || ':approved:user:' || a.author_id AND {SENT})
    """,
    "exports whose end was not told to who asked for that": f"""
        SELECT 'export ' || x.id FROM exports_exportjob AS x
        WHERE x.notify AND x.status IN ('done', 'failed') AND NOT EXISTS (
            SELECT 1 FROM mail_email AS e
            WHERE e.key = 'export:' || x.id || ':' || x.status || ':user:' || x.requested_by_id
              AND {SENT})
    """,
    "reminders without their e-mail": """
        SELECT 'reminder of user ' || r.user_id || ' for ' || r.day FROM orgs_duereminder AS r
        WHERE r.status = 'done'
          AND EXISTS (
            SELECT 1 FROM orgs_task AS t
            JOIN orgs_membership AS m ON m.organization_id = t.organization_id AND m.user_id = r.user_id
            WHERE t.assigned_to_id = r.user_id AND t.title LIKE 'Overdue for %')
          AND NOT EXISTS (
            SELECT 1 FROM mail_email AS e WHERE e.key = 'tasks-due:user:' || r.user_id || ':' || r.day)
    """,
}


def check(connection) -> Check:
    result = Check("causes: whoever was to be told was told")
    for words, query in RULES.items():
        if found := [row[0] for row in database.rows(connection, query)]:
            result.wrong.append(f"{words}: {len(found)}, such as {found[0]}")
    counts = {
        "articles published": "SELECT count(*) FROM articles_article WHERE published_at IS NOT NULL",
        "comments": "SELECT count(*) FROM articles_comment",
        "reminders": "SELECT count(*) FROM orgs_duereminder",
        "exports with a wish to be told": "SELECT count(*) FROM exports_exportjob WHERE notify",
    }
    numbers = (f"{database.rows(connection, query)[0][0]:,} {what}" for what, query in counts.items())
    result.proven = f"the e-mails of {', '.join(numbers)}"
    return result
