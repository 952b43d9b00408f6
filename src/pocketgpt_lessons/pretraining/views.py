"""What notebook 02 shows of its runs: a learned table, the staircase, the live run, three sizes, a newcomer."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from pocketgpt import checkpoints
from pocketgpt.sampling.generate import generate
from pocketgpt.training.pretrain import Corpus, Pretraining, make_card
from pocketgpt_lessons.display.charts import bars, lines_with_intervals, running_mean, scaling_prediction
from pocketgpt_lessons.display.dashboard import Dashboard
from pocketgpt_lessons.display.viewer import show
from pocketgpt_lessons.evidence import band, curve, spread
from pocketgpt_lessons.pretraining import own_parts, study
from pocketgpt_lessons.small_world import LIVE


def pair_loss(pairs: np.ndarray, ids: np.ndarray) -> float:
    """Loss (nats per token) of a table of counted pairs on some ids; pairs never seen count as a hundredth.

    >>> round(pair_loss(np.array([[0, 1], [1, 0]]), np.array([0, 1, 0])), 2)
    0.01
    """
    shares = (pairs + 0.01) / (pairs + 0.01).sum(1, keepdims=True)  # a little for each pair, so that no ln 0 occurs
    return float(-np.log(shares[ids[:-1], ids[1:]]).mean())


def learned_table(losses: Sequence[float], nothing: float, counted: float) -> Figure:
    """The loss of a table that is learned, by steps, between knowing nothing and counting pairs."""
    window = max(1, len(losses) // 30)
    steps, means = (running_mean(each, window)[::window].tolist() for each in (range(1, len(losses) + 1), losses))
    series = {"learned table, on what it reads": curve(steps, means)}
    references = {
        f"knowing nothing: {nothing:.2f}": nothing,
        f"counted table, on pages kept back: {counted:.2f}": counted,
    }
    title = "Nudge by nudge, the learned table comes nearer to the counted one"
    return lines_with_intervals(series, title, "steps", "loss (nats per token)", references=references)


def staircase(found: dict, mine: Mapping[str, float], names: Sequence[str] = (), title: str = "") -> Figure:
    """Bars of the rungs' recorded losses, of all or of those in `names`, and below them the learner's own."""
    recorded = study.rung_losses(found)
    n = sum(run.get("rung") == study.RUNGS[0] for run in found["runs"])
    chosen = {f"{name} (recorded, {n} runs)": recorded[name] for name in names or recorded}
    rows = chosen | {name: spread([loss]) for name, loss in mine.items()}
    unit = "loss on new pages (nats per token; lines: lowest and highest)"
    return bars(rows, title or f"With each of {n} seeds, each part lowers the loss", unit)


def largest_step(found: dict) -> str:
    """The rung that lies furthest below the one before it, by its recorded mean."""
    losses = {name: each["y"] for name, each in study.rung_losses(found).items()}
    names = list(losses)
    return max(names[1:], key=lambda name: losses[names[names.index(name) - 1]] - losses[name])


def try_mix(mix: Callable, corpus: Corpus, found: dict) -> None:
    """Train a rung with the learner's way to look back and show it beside recorded ones; or say why not."""
    loss, sentence = own_parts.trial(mix, corpus)
    print(sentence)
    if loss is not None:
        title = "Your way to look back, beside two recorded ones"
        show(staircase(found, {"yours (this run)": loss}, ("average", "attention"), title))


def live_dashboard(run: Pretraining, found: dict) -> Dashboard:
    """The dashboard of the live run, with its reference band and a sample now and then."""
    tokenizer = run.corpus.tokenizer
    return Dashboard(
        total_tokens=run.planned_tokens,
        band=study.loss_band(found),
        sample=lambda: generate(run.model, tokenizer, "", max_tokens=40, temperature=0.8, seed=1),
        uniform=float(np.log(tokenizer.vocab_size)),
    )


def finish(run: Pretraining, found: dict) -> float:
    """Print the live run's result and save its model in the learner's own folder; returns its loss on new pages."""
    results = run.results()
    [usual] = band([curve([0], [each["val_loss"]]) for each in study.live_runs(found)])
    print(f"Loss on pages kept back: {results['val_loss']:.3f} nats per token, ", end="")
    print(f"{results['val_bits_per_byte']:.3f} bits per byte")
    print(f"9 of 10 fresh runs should end between {usual['low']:.3f} and {usual['high']:.3f} (from recorded runs)")
    file = checkpoints.save("small", run.model, run.corpus.tokenizer, make_card(run, LIVE, "notebook 02"))
    print("Saved in your own folder as", file.name)
    return results["val_loss"]


def sizes(found: dict, mine: float) -> tuple[Figure, str]:
    """The figure of three sizes with the recorded losses, what two of them predict, the learner's run; and its alt."""
    points, predicted = study.scaling(found)
    title = "On the same pages, a larger model ends at a lower loss (recorded: 6 runs of each size)"
    figure = scaling_prediction(points[:2], predicted, title, measured=points[2])
    told = ", ".join(f"{point['x']:,} parameters {point['y']:.2f}" for point in points)
    for name, point in (("Predicted from the two smaller sizes", predicted), ("Recorded", points[2])):
        print(f"{name}: {point['y']:.2f} ({point['low']:.2f} to {point['high']:.2f})")
    print(f"Your run: {mine:.2f}")
    return figure, f"Loss on new pages: {told}; predicted for the largest {predicted['y']:.2f}"


def newcomer(met: Sequence[tuple[int, int, int]], found: dict) -> Figure:
    """Right answers about a newcomer by pages read, with the reference band."""
    mine = {"this run": [{"x": pages, "y": right} for pages, right, _ in met]}
    (_, before, asked), (pages, after, _) = met[0], met[-1]
    title = f"Right answers about you: {before} of {asked} before, {after} after {pages} pages about you"
    return lines_with_intervals(mine, title, "pages about you", "right answers", study.newcomer_band(found), even=True)
