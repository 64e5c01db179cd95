"""What one writes without an outbox: a plain task that sends one message with Django's own function."""

import os

import django
from django.core import mail
from huey import SqliteHuey

django.setup()

huey = SqliteHuey(filename=os.path.join(os.environ["DATA_DIR"], "mail.sqlite3"))


@huey.task()
def send(recipient, subject, text, html):
    connection = mail.get_connection("django.core.mail.backends.smtp.EmailBackend")
    mail.send_mail(subject, text, None, [recipient], html_message=html, connection=connection)
    os.write(done, b".")


#: A byte for each message that was taken.
done = os.open(os.path.join(os.environ["DATA_DIR"], "done"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
