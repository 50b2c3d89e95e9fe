"""Files that are written: whole or not at all, for their owner alone, through links, and nothing left when interrupted."""

import errno
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pexcalc import cohort, files
from pexcalc.cli import cli
from pexcalc.files import save, writing
from tests.support.patients import wire

SESSIONS = "sex,age_y,height_cm,weight_kg,hematocrit\nmale,23,172,65,0.27\n"
PART = re.compile(r"\.pexcalc-[0-9a-f]{32}")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def parts(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def written(path, text="old"):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path):
    return written(tmp_path / "in.csv", SESSIONS)


@pytest.fixture
def order_file(tmp_path):
    return written(tmp_path / "order.json", json.dumps(wire()))


@pytest.fixture
def umask():
    """Set the umask of this process; the old one is set again."""
    old = os.umask(0o022)
    yield os.umask
    os.umask(old)


@pytest.fixture(params=["page", "csv", "parquet"])
def command(request, source, order_file, tmp_path):
    """A command that writes a file of each kind, as the name of the file and the words before that name."""
    if request.param == "page":
        yield tmp_path / "out.html", ["prescribe", "--order", str(order_file), "--html"]
    else:
        yield tmp_path / f"out.{request.param}", ["cohort", str(source)]
    assert parts(tmp_path) == []


@pytest.fixture
def replaced(tmp_path):
    """A file of which the next writing, done or not, leaves no part."""
    yield written(tmp_path / "sheet.html")
    assert parts(tmp_path) == []


def run(words, target):
    return CliRunner().invoke(cli, [*words, str(target)])


def refusal(result, code=1):
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1
    assert ".pexcalc-" not in result.stderr
    return result.stderr.strip()


@pytest.mark.parametrize("mask", [0o000, 0o277, 0o777])
def test_a_new_file_is_for_its_owner_alone_whatever_the_umask(command, umask, mask):
    target, words = command
    umask(mask)
    assert run(words, target).exit_code == 0
    umask(0o022)
    assert mode(target) == 0o600


@pytest.mark.parametrize("kept", [0o600, 0o664])
def test_a_file_that_is_replaced_keeps_its_permissions(command, umask, kept):
    target, words = command
    written(target).chmod(kept)
    umask(0o077)
    assert run(words, target).exit_code == 0
    assert target.read_bytes() != b"old"
    assert mode(target) == kept


def test_while_it_is_written_only_the_owner_can_read_it(source, tmp_path, umask):
    target = written(tmp_path / "out.csv")
    target.chmod(0o644)
    umask(0)
    seen = []

    def look(*_):
        seen.extend((name, mode(tmp_path / name)) for name in parts(tmp_path))

    cohort.compute_file(source, target, (), look)
    with writing(target):
        look()
    assert [found for _, found in seen] == [0o600, 0o600]
    assert PART.fullmatch(seen[0][0])
    assert seen[0][0] != seen[1][0]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a group that is not the user's own")
def test_a_group_is_kept_or_may_not_read(replaced, monkeypatch):
    os.chown(replaced, -1, 54321)
    replaced.chmod(0o640)
    save(str(replaced), "new")
    assert (replaced.stat().st_gid, mode(replaced)) == (54321, 0o640)

    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    save(str(replaced), "newer")
    assert (replaced.read_text(encoding="utf-8"), mode(replaced)) == ("newer", 0o600)


@pytest.mark.parametrize("planted", ["link", "file"])
def test_what_is_planted_under_the_name_of_the_part_is_not_written_to(
    tmp_path, monkeypatch, planted
):
    monkeypatch.setattr(os, "urandom", bytes)
    part, victim = tmp_path / f".pexcalc-{'00' * 16}", written(tmp_path / "victim", "mine")
    part.symlink_to(victim) if planted == "link" else part.hardlink_to(victim)
    with pytest.raises(OSError, match="File exists") as refused:
        save(str(tmp_path / "sheet.html"), "new")
    assert refused.value.errno == errno.EEXIST
    assert refused.value.filename == str(tmp_path / "sheet.html")
    assert victim.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "sheet.html").exists()


def test_the_part_is_opened_new_and_never_through_a_link(command, monkeypatch):
    target, words = command
    opened, real = [], os.open

    def recorded(path, flags, mode=0o777, **more):
        if ".pexcalc-" in os.fspath(path):
            opened.append((flags & (os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW), mode))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", recorded)
    assert run(words, target).exit_code == 0
    assert opened == [(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)]


def test_file_and_folder_are_on_disk_before_it_is_done(command, monkeypatch):
    target, words = command
    synced, real = [], os.fsync

    def recorded(handle):
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), target.exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    assert run(words, target).exit_code == 0
    assert synced == [(False, False), (True, True)]


def test_a_folder_that_cannot_be_synced_is_no_error(replaced, monkeypatch):
    real = os.fsync

    def refused(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", refused)
    save(str(replaced), "new")
    assert replaced.read_text(encoding="utf-8") == "new"


def test_a_part_that_another_program_put_in_its_place_is_not_kept(replaced, tmp_path):
    other = written(tmp_path / "other", "foreign")
    said = pytest.raises(OSError, match="another program replaced it")
    with said as refused, writing(replaced) as file:
        other.replace(file.name)
    assert refused.value.filename == str(replaced)
    assert replaced.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    "failure", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt(), ValueError("row")]
)
def test_whatever_fails_the_old_file_stays_and_no_part_is_left(replaced, failure):
    with pytest.raises(type(failure)), writing(replaced) as file:  # noqa: PT012
        file.write(b"new")
        raise failure
    assert replaced.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_and_stays_a_link(command, there):
    target, words = command
    real = target.with_name("real.data")
    if there:
        written(real).chmod(0o640)
    target.symlink_to(real.name if there else real)
    assert run(words, target).exit_code == 0
    assert target.is_symlink()
    assert (real.read_bytes() == b"old", mode(real)) == (False, 0o640 if there else 0o600)


@pytest.mark.parametrize("what", ["loop", "nowhere", "folder"])
def test_a_loop_of_links_a_place_that_is_not_there_and_a_folder_are_refused(command, what):
    target, words = command
    why = {"loop": "Too many levels of symbolic links", "nowhere": "No such file or directory"}
    if what == "loop":
        target.symlink_to(other := target.with_name("other"))
        other.symlink_to(target)
    elif what == "nowhere":
        target = target.parent / "nowhere" / target.name
    else:
        target.mkdir()
    said = refusal(run(words, target), 2 if (what, words[0]) == ("folder", "cohort") else 1)
    assert target.name in said
    assert what == "folder" or said == f"Error: cannot write {target}: {why[what]}."
    assert target.is_symlink() == (what == "loop")
    assert what != "folder" or list(target.iterdir()) == []


def test_a_pipe_gets_the_page_and_is_no_result_of_a_cohort(order_file, source, tmp_path):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        got = pool.submit(pipe.read_bytes)
        assert run(["prescribe", "--order", str(order_file), "--html"], pipe).exit_code == 0
        assert got.result(30).endswith(b"</html>\n")
    said = refusal(run(["cohort", str(source)], pipe), 2)
    assert said.endswith("pipe.csv, which is a folder, a pipe or a device; expected a file.")
    assert pipe.is_fifo()


@pytest.mark.parametrize("how", ["symlink_to", "hardlink_to"])
def test_in_under_another_name_is_not_written_to(source, tmp_path, how):
    getattr(tmp_path / "out.csv", how)(source)
    assert "the same file as IN" in refusal(run(["cohort", str(source)], tmp_path / "out.csv"), 2)
    assert source.read_text(encoding="utf-8") == SESSIONS


SAME = "Error: --html: got the same file as --order; expected another file."


@pytest.mark.parametrize("how", ["name", "path", "symlink_to", "hardlink_to"])
def test_the_page_does_not_replace_the_order(tmp_path, how):
    order, page = written(tmp_path / "order.json", "not read"), tmp_path / "sheet.html"
    if how == "name":
        page = order
    elif how == "path":
        (tmp_path / "sub").mkdir()
        page = tmp_path / "sub" / ".." / "order.json"
    else:
        getattr(page, how)(order)
    assert refusal(run(["prescribe", "--order", str(order), "--html"], page), 2) == SAME
    assert order.read_text(encoding="utf-8") == "not read"


def program(*words, **more):
    """What a process of its own says: exit code, standard output, standard error."""
    line = [sys.executable, "-m", "pexcalc", *words]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def test_the_page_does_not_replace_the_order_on_standard_input(order_file):
    text = order_file.read_text(encoding="utf-8")
    with order_file.open() as stdin:
        done = program("prescribe", "--order", "-", "--html", order_file, stdin=stdin)
    assert done == (2, "", f"{SAME}\n")
    assert order_file.read_text(encoding="utf-8") == text
    result = CliRunner().invoke(cli, "prescribe --order - --html -", input=text)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("</html>\n")
    assert not files.same(os.devnull, os.devnull)
    assert not files.same(-1, str(order_file))


def test_a_full_disk_is_named_as_the_file_that_was_asked_for(command):
    target, words = command
    written(target)
    if words[0] == "cohort":
        written(Path(words[1]), SESSIONS + 20_000 * "male,23,172,65,0.27\n")
    small = (resource.RLIMIT_FSIZE, (4096, 4096))
    done = program(*words, target, preexec_fn=lambda: resource.setrlimit(*small))
    assert done == (1, "", f"Error: cannot write {target}: File too large.\n")
    assert target.read_text(encoding="utf-8") == "old"


POLARS = (pl.exceptions.ComputeError, pl.exceptions.PanicException)


@pytest.mark.parametrize("failure", [OSError, *POLARS])
def test_a_result_that_cannot_be_read_again_keeps_its_name(source, tmp_path, monkeypatch, failure):
    def unreadable(path, *_):
        assert PART.fullmatch(path.name)
        raise failure(f"No such file or directory (os error 2): {path}")

    monkeypatch.setattr("pexcalc.cohort.transfer._counts", unreadable)
    target = tmp_path / "out.csv"
    said = refusal(run(["cohort", str(source)], target))
    assert said == f"Error: cannot write {target}: what was written cannot be read again."
    assert sorted(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("failure", [FileNotFoundError, pl.exceptions.PanicException])
def test_an_input_that_cannot_be_read_is_not_called_the_result(source, monkeypatch, failure):
    def gone(*_):
        raise failure(f"(os error 2): {source}\nbacktrace")

    target = written(source.with_name("out.csv"))
    monkeypatch.setattr(pl.LazyFrame, "sink_csv", gone)
    said = refusal(run(["cohort", str(source)], target), 2)
    assert "IN: got a file that polars cannot read" in said
    assert target.read_text(encoding="utf-8") == "old"


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
WAIT = 60


def until(true):
    """Wait for what comes soon."""
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end, "did not come"
        time.sleep(0.01)


@pytest.fixture
def start():
    """Start the program as a process of its own, with signals as a shell leaves them; none outlives the test."""
    running = []

    def started(words, before="", ignored=None):
        def signals():
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)

        code = f"{before}\nfrom pexcalc.cli import cli\ncli({[str(word) for word in words]!r})"
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen([sys.executable, "-c", code], preexec_fn=signals, **pipes))
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


def ended(process, number=None):
    """Send a signal; the process then ends with one line."""
    if number is not None:
        process.send_signal(number)
    out, err = process.communicate(timeout=WAIT)
    assert (process.returncode, out, err) == (1, "", "Error: interrupted\n")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_a_page_is_written_leaves_nothing_behind(start, order_file, number):
    tmp_path, target = order_file.parent, written(order_file.with_name("sheet.html"))
    # Short sleeps: a signal that arrives just before a sleep is answered only after it.
    waits = f"import os, time\nos.fsync = lambda _: [time.sleep(0.05) for _ in range({20 * WAIT})]"
    process = start(["prescribe", "--order", order_file, "--html", target], waits)
    until(lambda: parts(tmp_path))
    ended(process, number)
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(tmp_path.iterdir()) == [order_file, target]


@pytest.mark.parametrize(
    ("number", "suffix"), [(signal.SIGINT, "csv"), (signal.SIGTERM, "parquet")]
)
def test_a_signal_while_a_cohort_is_computed_leaves_nothing_behind_and_is_soon_answered(
    start, tmp_path, number, suffix
):
    source, target = tmp_path / "in.parquet", tmp_path / f"out.{suffix}"
    # Every row has a sentence of its own: more than a minute of work.
    many = pl.LazyFrame({"weight_kg": pl.int_range(4000, 404_000, eager=True)})
    same = {"sex": "male", "age_y": 23, "height_cm": 172, "hematocrit": 0.27}
    many.with_columns(pl.lit(same[name]).alias(name) for name in same).sink_parquet(source)
    written(target)
    process = start(["cohort", source, target])
    until(lambda: parts(tmp_path))
    begun = time.monotonic()
    ended(process, number)
    assert time.monotonic() - begun < 30
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(tmp_path.iterdir()) == [source, target]


def test_a_second_signal_does_not_disturb_the_cleaning_up(start, order_file, tmp_path):
    before = (
        "import os, pathlib, signal\nos.fsync = lambda _: os.kill(os.getpid(), signal.SIGTERM)\n"
        "unlink = pathlib.Path.unlink\n"
        "def twice(path, **words):\n"
        "    for one in (signal.SIGTERM, signal.SIGHUP): os.kill(os.getpid(), one)\n"
        "    unlink(path, **words)\n"
        "pathlib.Path.unlink = twice"
    )
    process = start(["prescribe", "--order", order_file, "--html", tmp_path / "sheet.html"], before)
    ended(process)
    assert list(tmp_path.iterdir()) == [order_file]


def test_while_it_waits_an_ignored_signal_stays_ignored_and_another_is_one_line(start, tmp_path):
    pipe, found = tmp_path / "order", []
    os.mkfifo(pipe)
    process = start(["prescribe", "--order", pipe, "--json"], ignored=signal.SIGHUP)

    def opened():
        with suppress(OSError):  # nobody reads yet
            found.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return found

    until(opened)
    time.sleep(0.5)  # from open to read: a signal just before the read is answered after it
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert process.poll() is None
    ended(process, signal.SIGTERM)
    os.close(found[0])


def test_handlers_of_signals_are_taken_for_the_command_only(monkeypatch):
    asked = (signal.SIGTERM, signal.SIGHUP)
    seen = []

    def handlers():
        return [signal.getsignal(number) for number in asked]

    def mine(*_):
        raise AssertionError

    def version():
        CliRunner().invoke(cli, ["--version"])

    monkeypatch.setattr("pexcalc.cli.main._prepare", lambda _: seen.append(handlers()))
    before = [signal.signal(number, signal.SIG_DFL) for number in asked]
    try:
        version()
        assert handlers() == [signal.SIG_DFL, signal.SIG_DFL]
        signal.signal(signal.SIGHUP, mine)
        version()
        assert handlers() == [signal.SIG_DFL, mine]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(version).result(30)
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)
    alone, beside, elsewhere = seen
    assert all(map(callable, alone))
    assert (callable(beside[0]), beside[1]) == (True, mine)
    assert elsewhere == [signal.SIG_DFL, mine]
