"""The product's settings, and the kinds of jobs that only the tests have."""

import atexit
import os
import shutil
import tempfile

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="roost-test-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

from config import settings as product

vars().update({name: getattr(product, name) for name in dir(product) if name.isupper()})

INSTALLED_APPS = [*product.INSTALLED_APPS, "tests.kinds"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, because threads and processes of a test are several connections, as in production. The tests make thousands of
# different statements, and SQLite would compile each anew: Python keeps 128 of them.
if product.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    sqlite = product.DATABASES["default"]
    DATABASES = {
        "default": {
            **sqlite,
            "TEST": {"NAME": str(product.DATA_DIR / "test.sqlite3")},
            "OPTIONS": {**sqlite["OPTIONS"], "cached_statements": 2000},
        }
    }

# No collected files: pages name the files as they are.
STATIC_ROOT = product.DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    **product.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
