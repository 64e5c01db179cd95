"""How settings reach us: environment variables, or files named by `NAME_FILE` (Docker and Kubernetes secrets)."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environ import FileAwareEnv

env = FileAwareEnv()


#: The usual ports for mail (RFC 5321, 6409 and 8314).
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}


def email_settings(url: str) -> dict:
    """Django's EMAIL_* settings that the `url` stands for, and EMAIL_TRANSPORT, the backend that it names, if any.

    Raises ImproperlyConfigured for a URL that it does not understand.
    """
    if not url:
        return {"EMAIL_TRANSPORT": ""}
    scheme = url.partition(":")[0]
    config = env.email_url_config(url, backend="mail.smtp.EmailBackend" if scheme in MAIL_PORTS else None)
    config["EMAIL_TRANSPORT"] = config.pop("EMAIL_BACKEND")
    config["EMAIL_PORT"] = config["EMAIL_PORT"] or MAIL_PORTS.get(scheme)
    if scheme in MAIL_PORTS and not config["EMAIL_HOST"]:
        raise ImproperlyConfigured(
            f"EMAIL_URL names no host: write {scheme}://user:password@host:{config['EMAIL_PORT']}"
        )
    for option in config.pop("OPTIONS", ()):
        raise ImproperlyConfigured(f"EMAIL_URL has the unknown option {option}.")
    return config


def secret_key(path: Path) -> str:
    """The installation's own key, made at the first start and kept in the data folder (mode 600).

    Two processes may start at once: the file is linked into place only when it is complete, and the first one wins.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(get_random_secret_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
