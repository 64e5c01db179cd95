from django.urls import include, path

from articles.views import articles, comments, publishing

one_article = [
    path("", articles.article_detail, name="article_detail"),
    path("edit/", articles.edit_article, name="edit_article"),
    path("delete/", articles.delete_article, name="delete_article"),
    path("publish/", publishing.publish_article, name="publish_article"),
    path("schedule/", publishing.schedule_article, name="schedule_article"),
    path("withdraw/", publishing.withdraw_article, name="withdraw_article"),
    path("archive/", publishing.archive_article, name="archive_article"),
    path("comments/", comments.write_comment, name="write_comment"),
]

# Words that stand where an article's slug would are reserved: articles.models.article.RESERVED_SLUGS.
of_an_organization = [
    path("", articles.article_list, name="article_list"),
    path("new/", articles.create_article, name="create_article"),
    path("comments/", comments.comment_queue, name="comment_queue"),
    path("comments/count/", comments.count_waiting, name="count_comments"),
    path("comments/approve/", comments.approve_comments, name="approve_comments"),
    path("comments/reject/", comments.reject_comments, name="reject_comments"),
    path("<slug:article_slug>/", include(one_article)),
]

urlpatterns = [
    path("orgs/<slug:slug>/articles/", include(of_an_organization)),
]
