"""Notebooks run at the same time, in processes of their own."""

import os

import pytest
from side_by_side import pool


@pytest.mark.parametrize(("given", "used"), [(None, str(max(1, (os.cpu_count() or 1) // 2))), ("3", "3")])
def test_each_process_leaves_cores_for_the_other(given, used, monkeypatch):
    if given:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    else:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with pool() as processes:
        assert processes.submit(os.getenv, "OMP_NUM_THREADS").result() == used
        assert processes.submit(os.getpid).result() != os.getpid()
    assert os.environ.get("OMP_NUM_THREADS") == given
