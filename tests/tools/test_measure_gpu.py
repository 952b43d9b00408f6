"""The script that measures a graphics card, tried on a processor with a tiny model: no figure is missing."""

import json

import measure_gpu
import pytest


def numbers(value) -> list[float]:
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    return [value] if isinstance(value, int | float) else []


def test_every_figure_is_measured(tmp_path, monkeypatch, capsys):
    pytest.importorskip("transformers")
    monkeypatch.setenv("POCKETGPT_OWN", str(tmp_path))
    monkeypatch.setattr(measure_gpu, "pick_precision", lambda *args, **options: measure_gpu.Precision("fp32"))
    small = (
        "--device cpu --depths 1 --rows 2 --context 32 --vocab-size 300 --steps 3 --tokens 4 --batches 1 2 --side 64"
    )
    assert measure_gpu.main([*small.split(), "--out", str(tmp_path / "gpu.json")]) == 0
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    [row] = found["depths"]
    assert set(row["generating"]) == {"1 at once", "2 at once"}
    assert len(numbers(row)) == 10 and min(numbers(row)) > 0
    assert "depth 1, " in capsys.readouterr().out
