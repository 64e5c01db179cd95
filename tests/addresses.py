"""The addresses of the whole site."""

from django.urls import URLResolver, get_resolver


def all_addresses(resolver=None, outer=()):
    """The names of all addresses below a resolver, and the parameters that each takes: (name, list)."""
    for pattern in (resolver or get_resolver()).url_patterns:
        parameters = [*outer, *pattern.pattern.regex.groupindex]
        if isinstance(pattern, URLResolver):
            yield from all_addresses(pattern, parameters)
        else:
            yield pattern.name, parameters


#: By the name of each address: its parameters.
PARAMETERS = dict(all_addresses())
