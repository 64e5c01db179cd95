"""The pages that the product has, taken from its addresses: what is added later is looked at too."""

from django.urls import reverse

from tests.addresses import PARAMETERS


def address_of(name, values):
    """The address of that name. Raises KeyError where `values` lack one of its parameters."""
    return reverse(name, kwargs={parameter: values[parameter] for parameter in PARAMETERS[name]})


def is_page(page, address):
    """Whether who is signed in in this browser gets a page there, and not a file, an error, or led on."""
    answer = page.request.get(address, max_redirects=0, headers={"accept": "text/html"})
    assert answer.status < 500, f"{answer.status} {address}"
    return answer.status == 200 and answer.headers["content-type"].startswith("text/html")
