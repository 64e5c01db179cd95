"""The product's settings, with what only the benchmarks have: `bench.loads`."""

from config import settings as product

vars().update({name: getattr(product, name) for name in dir(product) if name.isupper()})

INSTALLED_APPS = [*product.INSTALLED_APPS, "bench.loads"]
ROOT_URLCONF = "bench.loads.urls"
