"""Sending files to import."""

from django.core.files.uploadedfile import SimpleUploadedFile

IMPORTS = "/orgs/acme/tasks/imports/"
CSV = "Titel,State,Who\r\nBuy bread,open,bob@acme.test\r\nSleep,done,\r\n"


def send(client, content, name="tasks.csv"):
    """Send a file, as text or as bytes; returns the answer."""
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(f"{IMPORTS}new/", {"file": SimpleUploadedFile(name, content)})
