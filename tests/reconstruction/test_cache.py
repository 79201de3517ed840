"""The cache of analyses: complete entries only, the oldest go first, content decides the key."""

import errno
import os
import time

import pytest

from mien.errors import ClipError, OutputError
from mien.reconstruction.cache import Cache, content_fingerprint, default_cache


def fill(cache, key, size=10, age_s=0.0):
    with cache.make(key) as folder:
        (folder / "data").write_bytes(b"x" * size)
    then = time.time() - age_s
    os.utime(cache.folder / key, (then, then))


def test_an_entry_appears_when_it_is_complete(tmp_path):
    cache = Cache(tmp_path / "cache")
    with cache.make("a") as folder:
        (folder / "data").write_text("half")
        assert cache.find("a") is None
    assert (cache.find("a") / "data").read_text() == "half"


def test_an_interrupted_entry_leaves_nothing(tmp_path):
    cache = Cache(tmp_path)

    def interrupted():
        with cache.make("a") as folder:
            (folder / "data").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_of_two_makers_the_first_wins(tmp_path):
    cache = Cache(tmp_path)
    with cache.make("a") as slow:
        (slow / "data").write_text("slow")
        with cache.make("a") as quick:
            (quick / "data").write_text("quick")
    assert (cache.find("a") / "data").read_text() == "quick"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = Cache(tmp_path, size_limit=250)
    fill(cache, "old", 100, age_s=9000)
    fill(cache, "older", 100, age_s=20000)
    fill(cache, "new", 100)
    assert {entry.name for entry in tmp_path.iterdir()} == {"old", "new"}
    cache.find("old")
    fill(cache, "newest", 100)
    # All were used within the hour, so another process may be reading them.
    assert {entry.name for entry in tmp_path.iterdir()} == {"old", "new", "newest"}


def test_leftovers_of_killed_processes_go_after_a_day(tmp_path):
    cache = Cache(tmp_path)
    for name, age_s in (("making-dead", 2 * 86400), ("making-live", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    fill(cache, "a")
    assert {entry.name for entry in tmp_path.iterdir()} == {"making-live", "a"}


def test_a_cache_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="MIEN_CACHE"), Cache(tmp_path / "file" / "cache").make("a"):
        pass


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    assert default_cache() == tmp_path / "analyses"
    monkeypatch.delenv("MIEN_CACHE")
    assert "mien" in default_cache().parts


def test_what_cannot_be_written_is_said_beforehand(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        Cache(tmp_path / "file" / "cache").check_writable()
    Cache(tmp_path / "new" / "cache").check_writable()
    assert list((tmp_path / "new" / "cache").iterdir()) == []


def test_a_disk_that_fills_up_is_told_in_one_sentence(tmp_path):
    with pytest.raises(OutputError, match=r"No space left.*MIEN_CACHE"), Cache(tmp_path).make("a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0, 5_000_000, 9_999_999])
def test_fingerprint_follows_content_and_not_the_name(tmp_path, place):
    content = bytearray(10_000_000)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(content)
    second.write_bytes(content)
    assert content_fingerprint(first) == content_fingerprint(second)
    content[place] = 1
    second.write_bytes(content)
    assert content_fingerprint(first) != content_fingerprint(second)
    second.write_bytes(bytes(9_999_999))
    assert content_fingerprint(first) != content_fingerprint(second)


def test_fingerprint_of_a_folder_follows_its_files(tmp_path):
    (tmp_path / "1.png").write_bytes(b"one")
    before = content_fingerprint(tmp_path)
    (tmp_path / "2.png").write_bytes(b"two")
    assert content_fingerprint(tmp_path) != before


def test_a_missing_file_is_a_clip_error(tmp_path):
    with pytest.raises(ClipError, match="cannot be read"):
        content_fingerprint(tmp_path / "none.mp4")
