"""The questions of notebook 02: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Why are web pages filtered before training?",
        [
            Option(
                "To make the files smaller",
                "Size matters less than content: bad text costs the same and teaches the wrong things.",
            ),
            Option(
                "A model imitates what it reads, spam included", "Yes. Its text is made of what it read.", right=True
            ),
            Option(
                "Models can't read HTML",
                "They could. It would only be a waste: menus and scripts would be imitated, too.",
            ),
        ],
    ),
    Question(
        "What does a model get to see of the word `river`?",
        [
            Option("One or a few token ids", "Yes: numbers. The letters inside are hidden from it.", right=True),
            Option("Five letters", "Letters are merged into tokens before the model sees anything."),
            Option("A picture of the word", "Text models see ids, no pictures."),
        ],
    ),
    Question(
        "You double the vocabulary of a tokenizer. The same text then has …",
        [
            Option("more tokens", "The other way round: longer pieces become tokens of their own."),
            Option("fewer tokens", "Yes, but each token is rarer, and the model's tables grow.", right=True),
            Option("equally many tokens", "More merges make longer tokens, so fewer of them."),
        ],
    ),
]

END = [
    Question(
        "An untrained model over 50,000 tokens has a loss of about 10.8 nats. Why?",
        [
            Option("It is ln 50,000: every token is equally likely", "Yes: −ln(1/V) = ln V.", right=True),
            Option(
                "Because its weights are random", "Random large weights would give a higher loss: confident and wrong."
            ),
            Option("It depends on the text", "Not yet: all tokens get the same probability, whatever the text."),
        ],
    ),
    Question(
        "What would happen without the causal mask in training?",
        [
            Option("Training would be slower", "The speed would hardly change."),
            Option(
                "The model could copy the answer from the future",
                "Yes. Loss near 0, and useless for writing, where there is no future to look at.",
                right=True,
            ),
            Option("Nothing, the loss is the same", "It would fall to nearly 0: each answer stands one place ahead."),
        ],
    ),
    Question(
        "The model read about a person once. Asked for their birthplace, it will most likely …",
        [
            Option("stay silent", "Nothing has taught it to. It always goes on with the likeliest token."),
            Option("remember, since it read it", "One mention moves the weights too little."),
            Option(
                "name some town with full fluency",
                "Yes: form is learned from every page, this fact from one.",
                right=True,
            ),
        ],
    ),
]
