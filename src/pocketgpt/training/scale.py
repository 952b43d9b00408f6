"""What a larger model costs, by formula: parameters, tokens, arithmetic, memory, time and money.

The formulas for parameters and arithmetic are exact for our GPT, and tests compare them with a model and with
PyTorch's own counter. Everything below them is an estimate, and says what it assumes.

Sources: Hoffmann et al. 2022 (arXiv:2203.15556), "Chinchilla", for 20 tokens a parameter; Chowdhery et al. 2022
(arXiv:2204.02311), appendix B, for how arithmetic and the share of the peak are counted.
"""

from dataclasses import dataclass

from pocketgpt.model import GPTConfig

TOKENS_PER_PARAMETER = 20
BYTES = 4  # of a number in float32: weights, gradients and optimizers' memories


@dataclass(frozen=True)
class Machine:
    """What computes: its peak in FLOP/s, the share of it that training reaches, and a price in dollars an hour."""

    name: str
    peak: float
    share: float
    price: float

    @property
    def flops(self) -> float:
        """FLOP/s that training gets done."""
        return self.peak * self.share


# What training reached on two cores when the shipped base model was made: 9,530 and 11,839 tokens a second.
TWO_CORES = 150e9

# The peak is NVIDIA's for dense bfloat16 products; share and price are assumptions, not measurements.
GPU = Machine("H100", peak=989e12, share=0.4, price=3.0)


def parameters(config: GPTConfig) -> int:
    """How many numbers the model learns: two tables, and 12 squares of the width in each layer.

    >>> parameters(GPTConfig.from_depth(4, vocab_size=1024))
    2162688
    """
    return 2 * config.vocab_size * config.n_embd + matrix_parameters(config)


def matrix_parameters(config: GPTConfig) -> int:
    """Those of the blocks: 4 squares for attention, 8 for the MLP."""
    return 12 * config.n_layer * config.n_embd**2


def flop_per_token(config: GPTConfig, attended: int | None = None) -> int:
    """Additions and multiplications to learn from one token, forward and backward.

    Each weight of a product costs 2 forward and 4 backward; the embedding is looked up, which costs nothing. In each
    layer a token looks at `attended` tokens, at 2 × 2 × n_embd forward and twice that backward. By default these are
    all `context`, masked ones too, as is the custom; without the masked ones they are half as many on average.

    >>> config = GPTConfig(vocab_size=1000, n_layer=1, n_head=1, n_embd=10, context=20)
    >>> flop_per_token(config), flop_per_token(config, attended=10)
    (69600, 68400)
    """
    products = matrix_parameters(config) + config.vocab_size * config.n_embd
    attention = 12 * config.n_layer * config.n_embd * (config.context if attended is None else attended)
    return 6 * products + attention


def state_bytes(config: GPTConfig) -> int:
    """Memory for weights, their gradients and what the optimizers remember: 1 number a weight in Muon, 2 in AdamW."""
    tables = parameters(config) - matrix_parameters(config)
    return BYTES * (3 * matrix_parameters(config) + 4 * tables)


def activation_bytes(config: GPTConfig, rows: int) -> int:
    """Memory in float32 for what the backward pass needs of `rows` texts at once.

    A block keeps 19 vectors of the width for each token, the output layer one number for each token of the
    vocabulary. That attention never keeps all pairs of tokens is PyTorch's doing.
    """
    per_token = (19 * config.n_layer + 4) * config.n_embd + config.vocab_size
    return BYTES * rows * config.context * per_token


@dataclass(frozen=True)
class Plan:
    """A model and a training on 20 tokens a parameter: a row of the table."""

    depth: int
    config: GPTConfig

    @property
    def tokens(self) -> int:
        """How many tokens to learn from."""
        return TOKENS_PER_PARAMETER * parameters(self.config)

    @property
    def flop(self) -> int:
        """Arithmetic of the whole training."""
        return flop_per_token(self.config) * self.tokens

    def hours(self, flops: float) -> float:
        """How long that takes at so many FLOP/s."""
        return self.flop / flops / 3600

    def dollars(self, machine: Machine = GPU) -> float:
        """What so many hours on the machine cost."""
        return self.hours(machine.flops) * machine.price


def plan(depth: int) -> Plan:
    """Depth as the command's --depth, with a vocabulary and a context that fit to it.

    >>> plan(4).config == GPTConfig.from_depth(4, vocab_size=1024)
    True
    """
    vocab_size, context = {4: (1_024, 256), 8: (8_192, 512), 12: (16_384, 1_024), 20: (16_384, 1_024)}[depth]
    return Plan(depth, GPTConfig.from_depth(depth, vocab_size, context))


def _short(value: float) -> str:
    """A number to two digits or three, with a word for its size.

    >>> _short(2_162_688), _short(43e6), _short(4.7e9), _short(1.4e18)
    ('2.2 million', '43 million', '4.7 billion', '1.4e+18')
    """
    if value < 1e6:
        return f"{value:,.0f}"
    if value >= 1e12:
        return f"{value:.1e}"
    size, word = (value / 1e9, "billion") if value >= 1e9 else (value / 1e6, "million")
    return f"{size:.1f} {word}" if size < 10 else f"{size:.0f} {word}"


def _hours(hours: float) -> str:
    if hours < 1 / 60:
        return "less than a minute"
    if hours < 1:
        return f"{hours * 60:.1f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:,.0f} days"


def _dollars(dollars: float) -> str:
    return "less than 1 cent" if dollars < 0.01 else f"{dollars:,.2f} dollars"


def table(depths: tuple[int, ...] = (4, 8, 12, 20), rows: int = 16, machine: Machine = GPU) -> str:
    """The plans as a table in Markdown; memory is that of a step on so many rows."""
    head = (
        f"| depth | width | vocabulary | context | parameters | tokens | FLOP | memory, {rows} rows | two cores | "
        f"one {machine.name} | cost |"
    )
    lines = [head, "|" + "---|" * 11]
    for made in map(plan, depths):
        config = made.config
        memory = (state_bytes(config) + activation_bytes(config, rows)) / 1e9
        cells = [
            str(made.depth), str(config.n_embd), f"{config.vocab_size:,}", f"{config.context:,}",
            _short(parameters(config)), _short(made.tokens), _short(made.flop), f"{memory:.1f} GB",
            _hours(made.hours(TWO_CORES)), _hours(made.hours(machine.flops)), _dollars(made.dollars(machine)),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
