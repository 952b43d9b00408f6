"""A process of its own: results come back, and nothing that the work does reaches the process that asked."""

import os
import signal
import subprocess
import sys

import pytest

from pocketgpt_lessons.classroom import limits
from pocketgpt_lessons.classroom.isolation import run

linux = pytest.mark.skipif(limits.address_space() is None, reason="only Linux limits memory")


def _double(number):
    print("nobody reads this")
    return 2 * number


def _folder(_):
    open("left behind", "w", encoding="utf-8").close()
    return [os.getcwd(), os.environ["POCKETGPT_OWN"], sys.stdin.read()]


def _endless_in_c(_):
    return sum(range(10**12))


def _out_of_memory(_):
    try:
        return len([0] * 10**9)
    except MemoryError:
        return "MemoryError"


def _leave(_):
    os._exit(0)


def _break_down(_):
    os.kill(os.getpid(), signal.SIGTERM)


def _far_too_much(_):
    return "x" * 2_000_000


def _no_json(_):
    return {1, 2}


def _child_that_stays(_):
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid


def test_a_result_comes_back_and_prints_go_nowhere(capfd):
    came = run(_double, 21)
    assert (came.result, came.trouble) == (42, "")
    assert capfd.readouterr() == ("", "")


def test_it_works_in_a_folder_that_is_gone_afterwards():
    here, own, typed = run(_folder, None).result
    assert here != os.getcwd() and own == here and typed == ""
    assert not os.path.exists(here)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (_endless_in_c, "still running after"),
        (_leave, "without a result"),
        (_break_down, "broke down"),
        (_far_too_much, "far too large"),
        (_no_json, "without a result"),
    ],
)
def test_what_gives_no_result_gives_one_sentence(work, words):
    came = run(work, None, seconds=0.5)
    assert came.result is None
    assert words in came.trouble


@linux
def test_memory_is_limited():
    assert run(_out_of_memory, None, megabytes=512).result == "MemoryError"


@linux
def test_what_the_work_has_started_ends_with_it():
    pid = run(_child_that_stays, None).result
    state = "gone"
    for _ in range(50):  # the killed child waits for somebody to read its exit code
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                state = file.read().rsplit(")", 1)[1].split()[0]
        except OSError:
            state = "gone"
        if state in ("gone", "Z"):
            break
        signal.sigtimedwait([], 0.1)
    assert state in ("gone", "Z")


@linux
def test_a_memory_limit_is_taken_back():
    before = limits.resource.getrlimit(limits.resource.RLIMIT_AS)
    with limits.little_memory(512), pytest.raises(MemoryError):
        bytearray(2**30)
    assert limits.resource.getrlimit(limits.resource.RLIMIT_AS) == before
