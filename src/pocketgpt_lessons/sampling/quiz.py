"""The questions of notebook 03: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Why does a crawl lose its near-duplicate pages before training?",
        [
            Option(
                "Two pages may not share a sentence",
                "They may. Only pages that are nearly the same as a whole are thrown out.",
            ),
            Option(
                "A page read a thousand times counts a thousand times",
                "Yes. The model would learn its wording, and less of everything else.",
                right=True,
            ),
            Option(
                "A model can't read the same page twice",
                "It can, and learns more of its wording each time. That is the trouble.",
            ),
        ],
    ),
    Question(
        "Someone types `<|endoftext|>` into a chat. The program should turn it into …",
        [
            Option(
                "the special token of that name",
                "Then any user could end the text for the model. That token is the program's alone.",
            ),
            Option(
                "nothing: it should be deleted", "Then one couldn't even ask about it. As plain text it does no harm."
            ),
            Option(
                "ordinary tokens, as any other text",
                "Yes. Only the program itself may put in special tokens.",
                right=True,
            ),
        ],
    ),
    Question(
        "What does a GPT give for one place in a text?",
        [
            Option(
                "A score for each token of the vocabulary",
                "Yes, a logit each. Softmax turns them into probabilities.",
                right=True,
            ),
            Option("The next token", "Not yet: someone has to choose it. That is what this notebook is about."),
            Option("The next word", "A model knows tokens only, and it gives a score for all of them."),
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
            Option("40% and 10%", "Probabilities add up to 1 at every temperature."),
            Option("50% and 50%", "That is where very high temperatures lead. Below 1 the gap grows."),
        ],
    ),
    Question(
        "Top-p 0.9 keeps 2 tokens in one place and 60 in another. Why?",
        [
            Option("The second place stands later in the text", "The position plays no part in the filter."),
            Option(
                "In the second place the model is less sure",
                "Yes. Its probability is spread, so that more tokens are needed for 90%.",
                right=True,
            ),
            Option("It draws lots for how many to keep", "No chance is involved before the draw itself."),
        ],
    ),
    Question(
        "A base model has answered a question rightly, and goes on with a question of the user's. Why?",
        [
            Option("It wants to know something", "It wants nothing. It continues a text."),
            Option("Its cache was not emptied", "The cache only saves work: the same tokens would come without it."),
            Option(
                "After an answer, its pages go on with the next question",
                "Yes. It writes both parts, until a program stops it, or training teaches it to stop.",
                right=True,
            ),
        ],
    ),
]
