"""How an encoding cuts other languages, numbers, and words after a space or with capitals: what notebook 01 counts.

An encoding here is a Tokenizer of ours or one of tiktoken's Encodings.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from pocketgpt.real_models.gpt_encodings import real_encoding, token_pieces
from pocketgpt.world import Tables, story_words

REAL = {"GPT-2": "gpt2", "GPT-4": "cl100k_base", "GPT-4o": "o200k_base"}

# The same two sentences in each.
LANGUAGES = {
    "English": "The children are reading a book in the garden. Tomorrow we will drink tea with our grandmother.",
    "Spanish": "Los niños leen un libro en el jardín. Mañana tomaremos té con nuestra abuela.",
    "French": "Les enfants lisent un livre dans le jardin. Demain, nous boirons du thé avec notre grand-mère.",
    "German": "Die Kinder lesen im Garten ein Buch. Morgen trinken wir Tee mit unserer Großmutter.",
    "Finnish": "Lapset lukevat kirjaa puutarhassa. Huomenna juomme teetä isoäitimme kanssa.",
    "Turkish": "Çocuklar bahçede bir kitap okuyor. Yarın büyükannemizle çay içeceğiz.",
    "Swahili": "Watoto wanasoma kitabu bustanini. Kesho tutakunywa chai na bibi yetu.",
    "Russian": "Дети читают книгу в саду. Завтра мы будем пить чай с нашей бабушкой.",
    "Greek": "Τα παιδιά διαβάζουν ένα βιβλίο στον κήπο. Αύριο θα πιούμε τσάι με τη γιαγιά μας.",
    "Arabic": "يقرأ الأطفال كتابًا في الحديقة. غدًا سنشرب الشاي مع جدتنا.",
    "Hindi": "बच्चे बगीचे में एक किताब पढ़ रहे हैं। कल हम अपनी दादी के साथ चाय पिएँगे।",
    "Chinese": "孩子们在花园里看书。明天我们要和奶奶一起喝茶。",
}


def named_encodings() -> dict:
    """GPT-2's, GPT-4's and GPT-4o's encodings; PocketError where one can't be had."""
    return {label: real_encoding(name) for label, name in REAL.items()}


def bytes_per_token(encoding, pages: Sequence[str]) -> float:
    """How long an encoding's tokens are on some pages, in UTF-8 bytes.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> bytes_per_token(Tokenizer([(104, 105)]), ["hi", "hi!"])
    1.6666666666666667
    """
    n_tokens = sum(len(token_pieces(encoding, page)) for page in pages)
    return sum(len(page.encode()) for page in pages) / n_tokens


def tokens_by_language(encoding) -> dict[str, int]:
    """How many tokens each language needs for the same two sentences."""
    return {language: len(token_pieces(encoding, text)) for language, text in LANGUAGES.items()}


def number_cuts(encoding) -> dict[str, float]:
    """How four-digit numbers are cut, as shares: "3+1" is three digits, then one.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> number_cuts(Tokenizer([]))
    {'1+1+1+1': 1.0}
    """
    cuts = Counter(
        "+".join(str(len(piece)) for _, piece in token_pieces(encoding, str(number))) for number in range(1000, 10_000)
    )
    return {cut: count / 9_000 for cut, count in cuts.most_common()}


def columns_agree(encoding, n: int = 2_000) -> float:
    """Share of sums in which the last tokens of both numbers and of the result hold equally many digits.

    The numbers have four to six digits. Where it isn't so, digits of the same worth stand at different places.

    >>> from pocketgpt.tokenizer import Tokenizer
    >>> columns_agree(Tokenizer([]), n=10)
    1.0
    """
    rng = random.Random("columns")
    sizes = [rng.choices((4, 5, 6), k=2) for _ in range(n)]
    pairs = [[rng.randrange(10 ** (size - 1), 10**size) for size in both] for both in sizes]

    def last(number: int) -> int:
        return len(token_pieces(encoding, str(number))[-1][1])

    return sum(last(a) == last(b) == last(a + b) for a, b in pairs) / n


def no_common_id(encoding, words: Sequence[str]) -> dict[str, float]:
    """Shares of words that have no id in common with themselves after a space, and in capitals."""

    def ids(text: str) -> set[int]:
        return {token_id for token_id, _ in token_pieces(encoding, text)}

    changes: Mapping[str, Sequence[str]] = {
        "a space before it": [f" {word}" for word in words],
        "a capital first letter": [word.capitalize() for word in words],
        "all capitals": [word.upper() for word in words],
    }
    return {
        change: sum(ids(a).isdisjoint(ids(b)) for a, b in zip(words, changed, strict=True)) / len(words)
        for change, changed in changes.items()
    }


def measure(encoding, tables: Tables, pages: Sequence[str]) -> dict:
    """All that notebook 01 counts about one encoding."""
    return {
        "vocab_size": getattr(encoding, "n_vocab", None) or encoding.vocab_size,
        "bytes_per_token": bytes_per_token(encoding, pages),
        "languages": tokens_by_language(encoding),
        "numbers": number_cuts(encoding),
        "columns": columns_agree(encoding),
        "changes": no_common_id(encoding, story_words(tables)),
    }
