from articles.models.article import Article, Status
from articles.models.comment import Comment, CommentStatus
from articles.models.notification import ArticleNotification, CommentNotification

__all__ = ["Article", "ArticleNotification", "Comment", "CommentNotification", "CommentStatus", "Status"]
