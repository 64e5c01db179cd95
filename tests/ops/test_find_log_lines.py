"""The lines of a request or a job are found in the log files, in their order, however many there are of others."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from jobs import log
from jobs.log.files import kept
from ops import log_lines
from ops.log_lines import lines


@pytest.fixture
def write(settings, tmp_path):
    """write(messages, number=0, **fields) appends lines to the file, or to the one of that number."""
    settings.LOG_FILE = tmp_path / "roost.jsonl"

    def write(*messages, number=0, **fields):
        common = {"time": "2026-05-04T10:00:00.123Z", "level": "INFO", "logger": "jobs", "program": "emails"}
        with kept(settings.LOG_FILE)[number].open("a") as file:
            for message in messages:
                file.write(log.encode({**common, "message": message, **fields}) + "\n")

    return write


def messages(**wanted):
    return [line.message for line in lines(**wanted)]


def test_it_works(write):
    write("of another", request_id="another-one")
    write("first", request_id="the-request", user=5)
    write("second", request_id="the-request", job="exports.exportjob:12", attempt=2, traceback="one\n  two")
    write("of nobody")
    first, second = lines(request_id="the-request")
    assert (first.message, first.user, first.job, first.traceback) == ("first", 5, "", "")
    assert (second.level, second.logger, second.program) == ("INFO", "jobs", "emails")
    assert (second.job, second.attempt, second.traceback) == ("exports.exportjob:12", 2, "one\n  two")
    assert second.time == datetime(2026, 5, 4, 10, 0, 0, 123000, tzinfo=UTC)


def test_what_the_product_logs_is_found(settings, tmp_path, rf):
    """As the handler writes it."""
    settings.LOG_FILE = tmp_path / "roost.jsonl"
    handler = log.SharedFileHandler(settings.LOG_FILE, 1_000_000)
    handler.setFormatter(log.JSONFormatter("web"))
    with log.following("the-request", job="kinds.note:1", attempt=1, organization=3):
        log.requests.logger.addHandler(handler)
        try:
            log.requests.logger.warning("It's “said”\nat last")
        finally:
            log.requests.logger.removeHandler(handler)
            handler.close()
    (line,) = lines(request_id="the-request", job="kinds.note:1")
    assert (line.message, line.program, line.attempt, line.organization) == ("It's “said”\\nat last", "web", 1, 3)


def test_a_job_is_found_by_its_label_and_not_by_one_that_begins_like_it(write):
    write("ours", job="mail.email:1")
    write("theirs", job="mail.email:11")
    assert messages(job="mail.email:1") == ["ours"]


def test_both_ids_must_fit(write):
    write("other job", request_id="the-request", job="mail.email:1")
    write("ours", request_id="the-request", job="mail.email:2")
    write("other request", request_id="another-one", job="mail.email:2")
    assert messages(request_id="the-request", job="mail.email:2") == ["ours"]


def test_without_an_id_it_refuses(write):
    with pytest.raises(ValueError, match="request_id"):
        lines()


def test_what_was_moved_aside_is_found_too_oldest_first(write):
    for number in (4, 2, 1, 0):  # one is missing
        write(f"in {number}", number=number, request_id="the-request")
    assert messages(request_id="the-request") == ["in 4", "in 2", "in 1", "in 0"]


def test_the_newest_ones_count(write):
    write("old", number=1, request_id="the-request")
    write(*"abcde", request_id="the-request")
    assert messages(request_id="the-request", limit=3) == ["c", "d", "e"]
    assert messages(request_id="the-request", limit=6) == ["old", *"abcde"]


def test_files_from_before_are_left_out(write, settings):
    write("old", number=1, request_id="the-request")
    write("new", request_id="the-request")
    since = datetime.now(UTC) - timedelta(hours=1)
    os.utime(kept(settings.LOG_FILE)[1], (0, since.timestamp() - 1))
    assert messages(request_id="the-request", since=since) == ["new"]


def test_nothing_is_there_to_be_found(write):
    assert lines(request_id="the-request") == []


def test_a_file_that_moves_while_it_is_read_counts_once(write, settings):
    write("ours", request_id="the-request")
    os.link(settings.LOG_FILE, kept(settings.LOG_FILE)[1])
    assert messages(request_id="the-request") == ["ours"]


def test_what_a_user_wrote_cannot_pass_for_a_line_of_the_request(write):
    write('x","request_id":"the-request', "\n", request_id="another-one")
    assert lines(request_id="the-request") == []


def test_a_line_that_was_cut_off_is_left_out(write, settings):
    write("whole", request_id="the-request")
    whole = settings.LOG_FILE.read_bytes()
    settings.LOG_FILE.write_bytes(whole[:-20] + b"\n" + whole + b'["request_id":"the-request"]\n' + whole[:-5])
    assert messages(request_id="the-request") == ["whole"]


@pytest.mark.parametrize("block", [1, 7, 64, 100, 150, 151, 1000])
def test_lines_across_the_blocks_that_are_read_are_found(write, monkeypatch, block):
    monkeypatch.setattr(log_lines, "BLOCK", block)
    for number in range(20):
        write(f"ours {number}", request_id="the-request", traceback="x" * number * 13)
        write(f"theirs {number}", request_id="another-one")
    assert messages(request_id="the-request") == [f"ours {number}" for number in range(20)]
