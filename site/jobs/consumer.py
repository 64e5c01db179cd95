"""Huey's consumer, made to be killed: what it adds is how its workers end.

- SIGTERM lets running jobs finish for `GRACE` seconds or until a second signal, then interrupts them, and kills those
  that do not hear it; what they held is pending again before the process ends. None begins another job meanwhile. Idle
  workers are woken, so that an idle consumer ends at once.
- A worker process dies with its consumer (prctl(2), PR_SET_PDEATHSIG) instead of going on unseen.
- A worker process that outlives a time limit by `HARD_LIMIT_GRACE` seconds, because its code does not return to Python,
  is killed; its job is released like that of any dead worker.
- A worker process whose job was interrupted ends with it: the signal may have come at any line, between a BEGIN and
  Django's note of it too, and a transaction left open there would lock everybody out.
- A dead worker is replaced within a second.
- Every few seconds it says in the database that it lives (`ConsumerProcess`).
- SIGUSR2 makes it, or a worker process, write to standard error where each of its threads is (`jobs.stacks`).
"""

import contextlib
import ctypes
import gc
import logging
import multiprocessing.connection
import os
import signal
import sys
import time
from datetime import timedelta

from django.db import DatabaseError, connection, connections
from huey import consumer as huey_consumer

from jobs import stacks, worker
from jobs.errors import LeaseLost
from jobs.models import ConsumerProcess
from jobs.models.job import shutdown
from jobs.models.process import SIGN_EVERY
from jobs.sweep import kinds, sweep

logger = logging.getLogger("jobs")

#: Seconds that a running job has to finish once the consumer is told to stop.
GRACE = 25
#: Seconds between two looks at signals, time limits and dead workers.
LOOK = 0.5
#: Milliseconds that a sign of life waits for another writer: signals and time limits must not wait with it.
SIGN_PATIENCE = 500
#: Seconds until a sign that could not be written is tried again, and how many in a row are told of in the log.
SIGN_AGAIN, SIGNS_MISSED = 1, 3
#: Seconds after its time limit at which a worker process that ignored it is killed.
HARD_LIMIT_GRACE = 10

PR_SET_PDEATHSIG = 1


class Worker(huey_consumer.Worker):
    def __init__(self, *args, environment, **kwargs):
        super().__init__(*args, **kwargs)
        #: When this worker is to be killed (time.monotonic()), shared with the consumer; 0 for not at all.
        self.kill_at = environment.new_kill_at()


class Scheduler(huey_consumer.Scheduler):
    def initialize(self):
        try:
            sweep(self.huey.name, patience=timedelta(0))  # a restart resumes within seconds
        except Exception:
            logger.exception("The sweep at the start failed; the next one comes within a minute.")
        connections.close_all()


class ThreadEnvironment(huey_consumer.ThreadEnvironment):
    def new_kill_at(self):
        return None

    def overdue(self, worker):
        return False  # a thread cannot be killed: a job notices its limit at a heartbeat

    def interrupt_workers(self, threads):
        shutdown.is_due = True  # seen at the next heartbeat
        deadline = time.monotonic() + 2
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0))

    def names(self, threads):
        return [worker.identity()]


class ProcessEnvironment(huey_consumer.ProcessEnvironment):
    worker = None

    def new_kill_at(self):
        return self.mp.Value("d", 0, lock=False)

    def overdue(self, worker):
        return 0 < worker.kill_at.value < time.monotonic()

    def create_process(self, runnable, name):
        consumer = os.getpid()

        def run():
            die_with(consumer)
            runnable()

        return super().create_process(run, name)

    def init_child(self, process):
        super().init_child(process)
        self.worker = process

    @contextlib.contextmanager
    def timeout(self, seconds):
        limit = time.monotonic() + seconds
        self.worker.kill_at.value = limit + HARD_LIMIT_GRACE
        try:
            with super().timeout(seconds):
                yield
        except KeyboardInterrupt:
            self.worker.max_tasks = 1
            raise
        finally:
            self.worker.kill_at.value = 0
            if time.monotonic() >= limit:
                self.worker.max_tasks = 1

    def interrupt_workers(self, processes):
        super().interrupt_workers(processes)  # waits a second for them
        for process in processes:
            if process.is_alive():
                logger.error("killing %s (process %s), which ignored the shutdown", process.name, process.pid)
                process.kill()
                process.join()

    def names(self, processes):
        return [worker.identity(process.pid) for process in processes]


class Consumer(huey_consumer.Consumer):
    scheduler_class = Scheduler

    def __init__(self, queue, **options):
        options = {
            **queue.consumer_options,
            "graceful_signal": "TERM",
            "shutdown_timeout": GRACE,
            "health_check_interval": 0,  # at each look
            **options,
        }
        super().__init__(queue, **options)
        self._stop_flag_timeout = 0 if self.environment.forks else LOOK
        self._next_sign = self._signs_missed = 0
        self._is_hurried = False
        self._signal_actions[signal.SIGHUP] = self._signal_actions[signal.SIGTERM]  # a closed terminal: no restart
        queue.is_stopping = self.stop_flag.is_set

    def get_environment(self, worker_type):
        environment = ThreadEnvironment if worker_type == "thread" else ProcessEnvironment
        return environment(self._graceful_sig, self._interrupt_sig)

    def _create_worker(self):
        return Worker(
            huey=self.huey,
            stop_flag=self.stop_flag,
            default_delay=self.default_delay,
            max_delay=self.max_delay,
            backoff=self.backoff,
            max_tasks=self.max_tasks,
            environment=self.environment,
        )

    def start(self):
        stacks.tell_on_demand()
        connections.close_all()  # a connection must not be used on both sides of a fork (sqlite.org/howtocorrupt.html)
        if self.environment.forks:
            gc.collect()
            gc.freeze()  # keeps the collector from unsharing the pages that workers share with us
        super().start()
        logger.info("consumer of %s is ready: %s × %s", self.huey.name, self.workers, self.worker_type)

    def loop(self, health_check_ts=None):
        self._give_sign()
        if self.environment.forks:
            # Ends when a worker process does: one that has done its share is replaced at once.
            multiprocessing.connection.wait([process.sentinel for _, process in self.worker_threads], LOOK)
        for worker_, process in self.worker_threads:
            if self.environment.overdue(worker_):
                logger.error("killing worker %s: its job ignored its time limit", process.pid)
                worker_.kill_at.value = 0
                os.kill(process.pid, signal.SIGKILL)
        return super().loop(health_check_ts)

    def _give_sign(self):
        if time.monotonic() < self._next_sign:
            return
        workers = self.environment.names([process for _, process in self.worker_threads])
        try:
            with in_database():
                ConsumerProcess.sign(self.huey.name, workers)
        except DatabaseError as error:  # others write just now, or it is in trouble: the next signs will tell
            self._next_sign, self._signs_missed = time.monotonic() + SIGN_AGAIN, self._signs_missed + 1
            if self._signs_missed == SIGNS_MISSED:
                logger.warning("cannot give a sign of life: %s", error)
        else:
            self._next_sign, self._signs_missed = time.monotonic() + SIGN_EVERY, 0

    def _handle_signal(self, signum, frame):
        # Only noted: an exception could come between any two lines, before the workers are told to end, or within a
        # transaction.
        self._is_hurried = self._signum is not None
        self._signum = signum
        _, self._graceful = self._signal_actions[signum]

    def stop(self, graceful=False):
        self.stop_flag.set()
        wake = getattr(self.huey.storage, "wake", None)
        if wake:
            wake(2 * self.workers)  # one on its way to sleep takes a byte before it sleeps, and another one then
        if not (graceful and self._join_workers()):
            logger.info("interrupting the jobs that still run")
            self._interrupt_workers()

    def _join_workers(self):
        running, deadline = self._processes(), time.monotonic() + self.shutdown_timeout
        while running and not self._is_hurried and (left := deadline - time.monotonic()) > 0:
            running[0].join(min(left, LOOK))
            running = [process for process in running if process.is_alive()]
        return not running

    def _processes(self):
        return [*(process for _, process in self.worker_threads), self.scheduler]

    def run(self):
        try:
            super().run()
        except KeyboardInterrupt:  # before we listened to signals
            self.stop()
        for number in self._signal_actions:
            signal.signal(number, signal.SIG_IGN)  # Python's own end would let one of them kill us
        with contextlib.suppress(DatabaseError), in_database():  # its successor removes what stays
            ConsumerProcess.objects.filter(identity=worker.identity()).delete()

    def _interrupt_workers(self):
        processes = self._processes()
        names = self.environment.names(processes)
        self.environment.interrupt_workers(processes)
        give_back(names)


@contextlib.contextmanager
def in_database():
    """Within the block the consumer itself uses the database, without patience.

    The connection is closed afterwards: it must not be used on both sides of a fork (sqlite.org/howtocorrupt.html).
    """
    try:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout={SIGN_PATIENCE}")
        yield
    finally:
        connections.close_all()


def give_back(names: list[str]):
    """Give back what these workers (`jobs.worker.identity`) still hold: they ended without doing it themselves."""
    for kind in kinds():
        for job in kind.objects.running().filter(worker__in=names):
            with contextlib.suppress(LeaseLost):
                job.give_back()


def die_with(parent: int, number=signal.SIGKILL):
    """Have the kernel send this process the signal `number` when its parent ends, however that ends (Linux only)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
