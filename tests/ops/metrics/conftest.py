import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

TOKEN = "a-token-that-nobody-would-guess"


@pytest.fixture
def scrape(client, db, settings):
    """scrape(**headers) is what a program with the token gets."""
    settings.OPS_TOKEN = TOKEN
    return lambda **headers: client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})


@pytest.fixture
def told(scrape):
    """told(name, **labels) is the value of a sample, or None where it is not told."""

    def told(name, **labels):
        families = parse_text(scrape().content.decode())
        values = [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert len(values) <= 1
        return values[0] if values else None

    return told
