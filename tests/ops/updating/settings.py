from tests import settings as tests

vars().update({name: getattr(tests, name) for name in dir(tests) if name.isupper()})

INSTALLED_APPS = [*tests.INSTALLED_APPS, "tests.ops.updating"]
