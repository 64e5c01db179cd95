import pytest

from mail import smtp
from tests.kinds.mail import NOTICE
from tests.mail.letters import send, write


@pytest.fixture
def uncertain(server, monkeypatch):
    server.hangs_at_end.add("carol@acme.test")
    with monkeypatch.context() as patch:
        patch.setattr(smtp, "PATIENCE_AT_END", 1)
        email = send(write(kind=NOTICE, subject="The plan"))
    server.hangs_at_end.clear()
    return email


@pytest.fixture
def failed(server):
    server.refusals["carol@acme.test"] = ["554 5.7.1 Looks like spam"]
    return send(write(subject="The offer"))
