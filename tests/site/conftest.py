from tests.orgs.test_walk_urls import address, client_of  # noqa: F401
