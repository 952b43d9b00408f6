"""The questions of notebook 03: three on the notebooks before it, five on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Why does a crawl lose its near-duplicate pages before training?",
        [
            Option(
                "Two pages of a crawl may not share any sentence",
                "They may. Only pages that are nearly the same as a whole are thrown out.",
            ),
            Option(
                "A page with 999 copies counts a thousand times",
                "Yes. The model would learn its wording, and less of everything else.",
                right=True,
            ),
            Option(
                "A model is unable to read the same page twice",
                "It can, and learns more of its wording each time. That is the trouble.",
            ),
        ],
    ),
    Question(
        "Someone types `<|endoftext|>` into a chat. The program should turn it into …",
        [
            Option("its special token", "Then any user could end the text. That token is the program's alone."),
            Option("no token at all", "Then one couldn't even ask about it. As plain text it does no harm."),
            Option("ordinary tokens", "Yes, as any other text. Only the program puts in special tokens.", right=True),
        ],
    ),
    Question(
        "A model over 1,024 tokens reads a text of 10 tokens. How many scores does it give?",
        [
            Option(
                "10 × 1,024", "Yes: at each place a score, or logit, for every token of the vocabulary.", right=True
            ),
            Option("10, one each", "One score can't tell 1,024 tokens apart."),
            Option("1,024 in all", "That is for one place. Each of the ten places gets its own."),
            Option("none, a token", "Not yet: someone has to choose it. That is what this notebook is about."),
        ],
    ),
]

END = [
    Question(
        "Two tokens have probabilities 80% and 20%, and no others matter. At temperature 0.5 they get …",
        [
            Option(
                "about 94% and 6%", "Yes: half the temperature squares the ratio, from 4 : 1 to 16 : 1.", right=True
            ),
            Option("about 67% and 33%", "That is temperature 2: the ratio becomes its root, 2 : 1."),
            Option("just 40% and 10%", "Probabilities add up to 1 at every temperature."),
        ],
    ),
    Question(
        "Four tokens have 50%, 30%, 15% and 5%. How many of them does top-p 0.7 keep?",
        [
            Option("One of the four", "Its 50% don't reach 70%: the next one is needed."),
            Option("Two of the four", "Yes: 50% is not enough, 50% + 30% is.", right=True),
            Option("Three of the four", "Two of them have 80% together, which is enough."),
        ],
    ),
    Question(
        "The same four, 50%, 30%, 15% and 5%. How many does min-p 0.2 keep?",
        [
            Option("Two of the four", "The threshold isn't 20%, but 0.2 times the largest: 10%."),
            Option("All of the four", "5% lies below 0.2 × 50% = 10%."),
            Option("Three of the four", "Yes: what has at least 0.2 × 50% = 10%.", right=True),
        ],
    ),
    Question(
        "You empty a model's KV cache in the middle of a text, and let it go on. What changes?",
        [
            Option("The text: it forgets the beginning", "It reads the beginning again. The cache holds nothing new."),
            Option("The time: old tokens are read again", "Yes. The same tokens come, but for rounding.", right=True),
            Option("The odds: the draws are made anew", "The draws don't depend on the cache, only on the logits."),
        ],
    ),
    Question(
        "A base model has given a right answer, and goes on with a question of the user's. Why?",
        [
            Option("It wants to know something more", "It wants nothing. It continues a text."),
            Option("On its pages questions follow", "Yes. It writes both parts, until something stops it.", right=True),
            Option("Its cache was not emptied before", "The cache only saves work: the same tokens would come."),
        ],
    ),
]
