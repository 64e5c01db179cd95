"""An archive that anybody may have written: what it claims costs neither memory nor time nor room."""

import io
import resource
import tarfile

import pytest
import zstandard

from ops.backups import archive, room
from ops.backups.archive import members, reader
from ops.backups.making import no_beat

MEBIBYTE = 1024 * 1024


@pytest.fixture
def forged(tmp_path):
    """forged(write, **options) is an archive into which `write(tar)` writes."""

    def forged(write, **options):
        path = tmp_path / "forged.tar.zst"
        with (
            path.open("wb") as file,
            zstandard.ZstdCompressor(**options).stream_writer(file) as packed,
            tarfile.open(fileobj=packed, mode="w|", bufsize=MEBIBYTE) as tar,
        ):
            write(tar)
        return path

    return forged


def unpack(path, tmp_path):
    folder = tmp_path / "unpacked"
    folder.mkdir(exist_ok=True)
    return archive.unpack(path, folder, database=folder / archive.DATABASE, beat=no_beat)


def header(kind, content=b"x", name="media/x", **fields):
    """Write a member of any type, with its content, and no more than that."""

    def write(tar):
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, fields.pop("size", len(content))
        tar.fileobj.write(info.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512))

    return write


def pax(**records):
    """The content of a pax header."""
    return tarfile.TarInfo._create_pax_generic_header(records, tarfile.XHDTYPE, "utf-8")[512:].rstrip(b"\0")


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K", b"X"])
def test_a_long_header_claims_no_memory(forged, tmp_path, kind):
    """Megabytes of zeros are a few kilobytes of archive; before anything of it is read it is refused."""
    size = 64 * MEBIBYTE

    def write(tar):
        header(kind, b"", size=size)(tar)
        for _ in range(4):
            tar.fileobj.write(bytes(16 * MEBIBYTE))

    path = forged(write, level=1)
    assert path.stat().st_size < MEBIBYTE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(archive.Damaged, match="is no backup of Roost"):
        unpack(path, tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024  # kibibytes


@pytest.mark.parametrize("kind", [b"x", b"L"])
def test_many_headers_for_one_member(forged, tmp_path, kind):
    def write(tar):
        for _ in range(2000):
            header(kind, pax(path="media/y") if kind == b"x" else b"media/y\0")(tar)
        header(b"0")(tar)

    with pytest.raises(archive.Damaged, match="longer headers"):
        unpack(forged(write), tmp_path)


@pytest.mark.parametrize(
    "records",
    [
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" * 15},
        {"GNU.sparse.map": "0,1", "GNU.sparse.size": "9" * 15},
        {
            "GNU.sparse.size": "9" * 15,
            "GNU.sparse.numblocks": "1",
            "GNU.sparse.offset": "0",
            "GNU.sparse.numbytes": "1",
        },
        {"size": "-512"},
        {"size": "9" * 4000},
    ],
)
def test_a_size_that_is_no_files(forged, tmp_path, records):
    def write(tar):
        header(b"x", pax(**records))(tar)
        header(b"0", b"x" * 512)(tar)
        header(b"0", b"x" * 512)(tar)

    with pytest.raises(archive.Damaged):
        unpack(forged(write), tmp_path)


def test_a_size_below_nothing(forged, tmp_path):
    """It leads back to where the reader has been, for ever (CVE-2025-8194)."""
    with pytest.raises(archive.Damaged, match="below nothing"):
        unpack(forged(header(b"0", b"", size=-512)), tmp_path)


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE])
@pytest.mark.parametrize("more", [tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE, tarfile.CONTTYPE])
def test_only_plain_files(forged, tmp_path, kind, more):
    for each in kind, more:
        with pytest.raises(archive.Damaged, match="media/x is no plain file"):
            unpack(forged(header(each, b"")), tmp_path)


def test_more_members_than_there_are_files(forged, tmp_path, monkeypatch):
    monkeypatch.setattr(members, "MOST_MEMBERS", 10)

    def write(tar):
        for number in range(11):
            header(b"0", name=f"media/{number}")(tar)

    with pytest.raises(archive.Damaged, match="more than 10 files"):
        unpack(forged(write), tmp_path)


def test_folders_in_folders_without_end(forged, tmp_path):
    with pytest.raises(archive.Damaged, match="it holds media/a/a"):
        unpack(forged(lambda tar: tar.addfile(tarfile.TarInfo("media" + "/a" * 1900))), tmp_path)
    assert not list((tmp_path / "unpacked").iterdir())


def test_a_manifest_that_would_be_the_largest_thing_in_memory(forged, tmp_path):
    content = b"[" + b"[]," * MEBIBYTE + b"0]"
    with pytest.raises(archive.Damaged, match="longer than that of so many files"):
        unpack(forged(header(b"0", content, name="manifest.json")), tmp_path)
    assert len(content) < reader.MANIFEST_SIZE * 4


def test_a_window_that_wants_more_memory_than_any_level(tmp_path):
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    path = tmp_path / "window.tar.zst"
    with path.open("wb") as file, zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file) as packed:
        packed.write(bytes(MEBIBYTE))
    with pytest.raises(archive.Damaged, match="memory"):
        unpack(path, tmp_path)


def test_what_would_fill_the_disk_is_refused_before_it_is_unpacked(forged, tmp_path, monkeypatch):
    """Zeros take a thousandth in the archive."""
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: room.shutil._ntuple_diskusage(10**9, 0, 7 * 10**7))

    def write(tar):
        info = tarfile.TarInfo("media/zeros")
        info.size = 64 * MEBIBYTE
        tar.addfile(info, io.BytesIO(bytes(info.size)))

    with pytest.raises(room.NoRoom):
        unpack(forged(write), tmp_path)
    assert not list((tmp_path / "unpacked").rglob("*zeros"))


def test_a_name_reaches_no_terminal_as_it_is(forged, tmp_path):
    with pytest.raises(archive.Damaged) as raised:
        unpack(forged(lambda tar: tar.addfile(tarfile.TarInfo("\x1b[2Jouts\nide" + "e" * 4000))), tmp_path)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 500


def test_one_that_is_gone_or_cannot_be_read(tmp_path):
    path = tmp_path / "gone.tar.zst"
    with pytest.raises(room.BackupError, match=r"There is no .*gone.tar.zst any more"):
        unpack(path, tmp_path)
    path.symlink_to(path)
    with pytest.raises(room.BackupError, match=r"gone.tar.zst cannot be read: Too many levels of symbolic links"):
        unpack(path, tmp_path)
