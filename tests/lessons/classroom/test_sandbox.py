"""The sandbox: values, errors and prints come back, endless loops are ended."""

import gc
import subprocess
import sys
import time
import weakref

import pytest

from pocketgpt_lessons import check
from pocketgpt_lessons.classroom import limits, sandbox
from pocketgpt_lessons.classroom.sandbox import PRINT_LIMIT, run


def test_a_value_comes_back():
    ran = run(lambda: [1, 2])
    assert ran.value == [1, 2]
    assert ran.error is None
    assert not ran.timed_out


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(), KeyboardInterrupt()])
def test_any_exception_comes_back_as_a_value(error):
    def fail():
        raise error

    assert run(fail).error is error


def test_what_a_failed_call_had_made_is_let_go():
    made = []

    def fail():
        thing = {1, 2}  # as good as a tensor
        made.append(weakref.ref(thing))
        raise MemoryError

    ran = run(fail)
    gc.collect()
    assert made[0]() is None and sandbox.place(ran, fail.__code__) == "line 4 of fail: raise MemoryError"


def _spin():
    while True:
        pass


def _spin_printing():
    while True:
        print("still here")


def _spin_catching_all():
    i = 0
    while True:
        try:  # noqa: SIM105
            i += 1
        except:  # noqa: E722
            pass


def _spin_catching_exceptions():
    while True:
        try:  # noqa: SIM105
            _spin()
        except Exception:
            pass


@pytest.mark.parametrize("loop", [_spin, _spin_printing, _spin_catching_all, _spin_catching_exceptions])
def test_an_endless_loop_is_ended(loop):
    ran = run(loop, limit=0.2)
    assert ran.timed_out
    assert ran.stopped
    assert len(ran.printed) <= PRINT_LIMIT


def test_a_call_that_cannot_be_ended_is_left_behind(monkeypatch):
    monkeypatch.setattr(sandbox, "_GRACE", 0.2)
    start = time.monotonic()
    ran = run(lambda: time.sleep(8), limit=0.1)
    assert ran.timed_out
    assert not ran.stopped
    assert time.monotonic() - start < 7


ENDLESS = """
import itertools
from pocketgpt_lessons.classroom import sandbox
sandbox._in_kernel, sandbox._PATIENCE, sandbox._GRACE = lambda: True, 0.5, 0.2
assert sandbox.run(lambda: 1, limit=5).value == 1 and sandbox.ended_before() == ""
sandbox.run(lambda: sum(itertools.count()), limit=0.2)
print("it came back")
"""


def test_a_kernel_that_a_single_call_holds_ends_itself_and_the_next_check_says_why_once(own_folder):
    ended = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=120)
    assert ended.returncode and "it came back" not in ended.stdout and "Error" not in ended.stderr
    assert sandbox.ended_before() == sandbox.ENDED
    assert sandbox.ended_before() == "" and list(own_folder.iterdir()) == []


def test_a_check_tells_what_ended_the_kernel(own_folder, capsys):
    own_folder.mkdir()
    (own_folder / "ended-check.txt").write_text("Timeout (0:00:32)!", encoding="utf-8")
    check.merge(None)
    assert "a single call in a function never came back" in capsys.readouterr().out
    check.merge(None)
    assert "never came back" not in capsys.readouterr().out


def test_prints_and_warnings_of_the_learner_stay_off_the_page(capsys):
    def noisy():
        print("hello")
        print("trouble", file=sys.stderr)

    assert run(noisy).printed == "hello\n"
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(limits.address_space() is None, reason="only Linux limits memory")
def test_a_list_that_would_fill_the_memory_is_refused():
    ran = run(lambda: [0] * 10**9)
    assert isinstance(ran.error, MemoryError)
    assert len(run(lambda: [0] * 10**6).value) == 10**6


def test_all_that_is_printed_is_counted():
    assert run(lambda: print("x" * 10_000)).characters == 10_001
