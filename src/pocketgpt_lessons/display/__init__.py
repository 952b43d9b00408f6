"""What lessons show: figures, HTML, viewers, live pictures of a run, the pipeline's map."""

from pocketgpt_lessons.display.charts import bars, bars_with_intervals, lines_with_intervals, recall_by_mentions
from pocketgpt_lessons.display.dashboard import Dashboard
from pocketgpt_lessons.display.html import token_chips
from pocketgpt_lessons.display.pipeline_map import pipeline_map
from pocketgpt_lessons.display.viewer import show

__all__ = [
    "Dashboard", "bars", "bars_with_intervals", "lines_with_intervals", "pipeline_map", "recall_by_mentions",
    "show", "token_chips",
]  # fmt: skip
