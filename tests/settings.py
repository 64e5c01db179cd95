"""The product's settings, and the kinds of jobs that only the tests have."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="roost-test-"))

from config import settings as product

vars().update({name: getattr(product, name) for name in dir(product) if name.isupper()})

INSTALLED_APPS = [*product.INSTALLED_APPS, "tests.kinds"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
