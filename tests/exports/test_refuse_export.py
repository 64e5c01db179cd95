"""What cannot be exported: never an error of ours, always a word about what is wrong, and no job."""

import pytest

from exports.models import ExportJob


def test_it_works(cast, carol):
    answer = carol.post("start/", {"status": "lost"})
    assert answer.status_code == 400
    words = "“status” must be one of: open, in_progress, done."
    assert answer.json() == {"error": words, "fields": {"status": [words]}}
    assert not ExportJob.objects.exists()


BAD = [
    ({"status": "lost"}, "status"),
    ({"status": ["open", "done"]}, "status"),
    ({"status": "open\0"}, "status"),
    ({"priority": "0"}, "priority"),
    ({"priority": "high"}, "priority"),
    ({"priority": "9" * 5000}, "priority"),
    ({"priority": ["1", "2"]}, "priority"),
    ({"assigned_to": "-1"}, "assigned_to"),
    ({"assigned_to": "1.5"}, "assigned_to"),
    ({"assigned_to": "9" * 5000}, "assigned_to"),
    ({"assigned_to": "you"}, "assigned_to"),
    ({"assigned_to": "me\0"}, "assigned_to"),
    ({"due": "yesterday"}, "due"),
    ({"due": "\0"}, "due"),
    ({"sort": "id; DROP TABLE orgs_task"}, "sort"),
    ({"q": "x" * 201}, "q"),
    ({"q": "nul\0"}, "q"),
    ({"q": ["a", "b"]}, "q"),
    ({"export_format": "pdf"}, "export_format"),
    ({"export_format": ""}, "export_format"),
    ({"export_format": "csv\0"}, "export_format"),
    ({"export_format": "../csv"}, "export_format"),
    ({"export_format": ["csv", "jsonl"]}, "export_format"),
    ({"export_format": "c" * 1_000_000}, "export_format"),
    ({"columns": "password"}, "columns"),
    ({"columns": "id,id"}, "columns"),
    ({"columns": ["id"] * 900}, "columns"),
    ({"columns": ""}, "columns"),
    ({"columns": "id\0"}, "columns"),
    ({"columns": "organization__name"}, "columns"),
    ({"columns": "id," * 400_000}, "columns"),
    ({"bom": "maybe"}, "bom"),
    ({"bom": "true\0"}, "bom"),
    ({"bom": ["true", "false"]}, "bom"),
    ({"stauts": "open"}, "__all__"),
    ({"organization": "elsewhere"}, "__all__"),
    ({"status[]": "open"}, "__all__"),
]


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize(("wanted", "field"), BAD, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_named_and_not_repeated(cast, visit, wanted, field, accept):
    answer = visit(cast.carol, accept).post("start/", wanted)
    assert answer.status_code == 400
    if accept == "application/json":
        assert list(answer.json()["fields"]) == [field]
    assert len(answer.content) < 30_000
    assert not ExportJob.objects.exists()


def test_everything_that_is_wrong_is_named_at_once(carol):
    answer = carol.post("start/?status=lost&due=never", {"columns": "x", "export_format": "pdf", "bom": "maybe"})
    assert answer.json()["fields"].keys() == {"status", "due", "columns", "export_format", "bom"}
    for words in ("“status” must be one of: open, in_progress, done.", "“columns” may hold: id, title, description"):
        assert words in answer.json()["error"]


def test_a_filter_both_in_the_query_string_and_in_the_form_is_refused(carol):
    assert carol.post("start/?status=open", {"status": "done"}).json()["fields"].keys() == {"status"}


HUGE = "x" * 10_000_000


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("name", ["q", "status", "assigned_to", "export_format", "columns", "bom", "unknown", "after"])
def test_ten_megabytes_are_no_trouble(cast, visit, name, accept):
    carol = visit(cast.carol, accept)
    by_query = carol.post(f"start/?{name}={HUGE}")
    assert by_query.status_code == (400 if name != "after" else 202 if accept == "application/json" else 302)
    assert len(by_query.content) < 30_000
    body = carol.post("start/", f"{name}={HUGE}", content_type="application/x-www-form-urlencoded")
    assert body.status_code == 400


@pytest.mark.parametrize("where", ["query string", "form"])
def test_a_hundred_thousand_parameters_are_refused(carol, where):
    parameters = "&".join(f"a{number}=1" for number in range(100_000))
    if where == "form":
        answer = carol.post("start/", parameters, content_type="application/x-www-form-urlencoded")
    else:
        answer = carol.post(f"start/?{parameters}")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{"status": "open"}'),
        ("text/plain", "status=open"),
        ("application/octet-stream", b"\x80\x04."),
    ],
)
def test_what_is_no_form_is_refused_rather_than_ignored(carol, content_type, body):
    answer = carol.post("start/", body, content_type=content_type)
    assert answer.status_code == 415
    assert not ExportJob.objects.exists()


def test_a_file_is_refused_rather_than_ignored(carol, tmp_path):
    file = tmp_path / "status"
    file.write_text("open")
    with file.open("rb") as opened:
        assert carol.post("start/", {"status": opened}).status_code == 415


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", "--x"),
        ("application/x-www-form-urlencoded", b"status=%ff%fe&%00=%00"),
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"status=open"),
    ],
)
def test_a_broken_form_is_refused(carol, content_type, body):
    assert carol.post("start/", body, content_type=content_type).status_code == 400
