from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article, ArticleNotification, CommentNotification
from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule


@emails.db_task()
def run_article_notification(notification_id):
    run(ArticleNotification, notification_id)


@emails.db_task()
def run_comment_notification(notification_id):
    run(CommentNotification, notification_id)


@schedule("* * * * *", purpose=_("Publish the scheduled articles whose time has come, also while nothing ran."))
def publish_due_articles():
    now = timezone.now()
    for article in Article.objects.due(now).select_related("organization", "author", "scheduled_by"):
        article.publish_if_due(now)
