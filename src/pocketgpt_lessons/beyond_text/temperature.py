"""Temperature in pictures: some luck makes drawings differ, and much of it spoils them."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pocketgpt.model import GPT
from pocketgpt.multimodal import exam
from pocketgpt.multimodal.rows import digit_text
from pocketgpt.multimodal.vocabulary import Vocabulary
from pocketgpt.pictures.digits import Judge
from pocketgpt_lessons.display.charts import lines_with_intervals
from pocketgpt_lessons.evidence import percentages

TEMPERATURES = (0.0, 0.5, 1.0, 1.5)
SCENES, EACH = 50, 10  # scenes that are drawn at each temperature, and drawings of each digit
RIGHT, READ, DIFFERENT = "scenes right", "digits judged right", "drawn digits unlike each other"


def by_temperature(model: GPT, vocabulary: Vocabulary, judge: Judge, seed: int = 0) -> dict[str, list[dict]]:
    """Scenes with a new pair that are right, digits that the judge reads as the ones asked for, and of those that
    became a picture, how many differ from those of the same digit before them: in percent, by temperature (x).
    """
    found: dict[str, list[dict]] = {RIGHT: [], READ: [], DIFFERENT: []}
    digits = [digit for digit in range(10) for _ in range(EACH)]
    for temperature in TEMPERATURES:
        tries = exam.mark_tries(model, vocabulary, 1, SCENES, "parts", temperature, seed)
        drawn = exam.draw_texts(model, vocabulary, [digit_text(digit) for digit in digits], temperature, seed)
        pairs = list(zip(digits, drawn, strict=True))
        made = [(digit, picture.tobytes()) for digit, picture in pairs if picture is not None]
        counted = {
            RIGHT: (sum(map(sum, tries)), SCENES),
            READ: (sum(exam.reads_as(judge, picture, digit) for digit, picture in pairs), len(digits)),
            DIFFERENT: (len(set(made)), max(1, len(made))),
        }
        for name, (right, n) in counted.items():
            found[name].append({"x": temperature, "right": right, "n": n})
    return {name: percentages(points) for name, points in found.items()}


def temperature_figure(series: Mapping[str, Sequence[Mapping]]) -> Figure:
    """The three shares by temperature; the title tells those of each temperature."""
    told = "; ".join(f"{name} " + ", ".join(f"{point['y']:.0f}" for point in points) for name, points in series.items())
    shown = ", ".join(f"{point['x']:g}" for point in next(iter(series.values())))
    title = f"In percent, at temperature {shown}: {told}"
    return lines_with_intervals(series, title, "temperature", "pictures (%; bars: 95% intervals)")
