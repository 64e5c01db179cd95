from threading import Barrier, Thread

from django.db import connection

from tests.kinds.models import Errand


def together(number, function):
    """Run the function in so many threads, which start at the same moment. What one raises fails the test."""
    barrier = Barrier(number)

    def run():
        barrier.wait()
        try:
            function()
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def claim_together():
    """Twenty jobs, and eight threads that want each of them: every job is claimed once."""
    jobs = [Errand.objects.create().pk for _ in range(20)]
    won = []
    together(8, lambda: won.extend(pk for pk in jobs if Errand.objects.claim(pk)))
    assert sorted(won) == jobs
    assert set(Errand.objects.filter(pk__in=jobs).values_list("attempt", flat=True)) == {1}
