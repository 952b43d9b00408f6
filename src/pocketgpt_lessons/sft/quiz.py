"""The questions of notebook 04: some on the notebooks before it, some on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "A base model answers a question at the end of a page. Why does it then write another question?",
        [
            Option(
                "It wants to hear more about the matter", "It wants nothing. It continues a page, as it learned to."
            ),
            Option(
                "On such pages the next question follows",
                "Yes. Nothing has taught it that somebody else has a turn now.",
                right=True,
            ),
            Option("The temperature of its coin was too high", "At temperature 0 the next question comes as well."),
        ],
    ),
    Question(
        "Which tokens of a page count in the loss of pretraining?",
        [
            Option("Those that state a fact", "The program doesn't know which tokens are facts."),
            Option("Only the last of the page", "Then a page would teach one guess. It teaches hundreds."),
            Option(
                "Each one after the first",
                "Yes: each is guessed from those before it. Here that changes, and a mask says where.",
                right=True,
            ),
        ],
    ),
    Question(
        "“Ada” at the very start of a text and “ Ada” after a space: the same tokens?",
        [
            Option(
                "No, since the space belongs to the token",
                "Yes. So what a model has learned about one it doesn't know about the other.",
                right=True,
            ),
            Option(
                "Yes, since a word is the same everywhere", "The tokenizer knows bytes, and a space is one of them."
            ),
            Option("Yes, since the spaces are removed before", "They can't be: the very same text must come back."),
        ],
    ),
    Question(
        "A model gives the right next token a probability of 1/8. What is its loss there, in nats?",
        [
            Option("0.125", "That is the probability. The loss is minus its natural logarithm."),
            Option("2.079", "Yes: −ln(1/8) = ln 8, about 2.08.", right=True),
            Option("3.000", "That is log₂ 8, in bits. Nats use the natural logarithm."),
        ],
    ),
]

END = [
    Question(
        "What if the `<|end|>` of the assistant's turns didn't count in the loss?",
        [
            Option(
                "It would learn everything except to stop",
                "Yes. A token that never counts is never taught.",
                right=True,
            ),
            Option(
                "Nothing would change: the program stops it",
                "The program stops where the model writes `<|end|>`, or else at a length limit, in mid-sentence.",
            ),
            Option("All its answers would come out much shorter", "Longer: they would run on to the limit."),
        ],
    ),
    Question(
        "A conversation: `<|user|>`, 6 tokens of text, `<|end|>`; `<|assistant|>`, 4 tokens of text, `<|end|>`. "
        "How many tokens count in the loss?",
        [
            Option("4", "And the `<|end|>` behind them, or the model never learns to stop."),
            Option("5", "Yes: four of text, and the `<|end|>` that closes them.", right=True),
            Option("6", "`<|assistant|>` doesn't count: the program writes it."),
        ],
    ),
    Question(
        "Your assistant is right about people who are in none of its conversations. Where are the facts from?",
        [
            Option(
                "From the pages that the base read",
                "Yes. The conversations taught how to answer, not what.",
                right=True,
            ),
            Option("From conversations about other people", "Those tell other facts. Only the form is the same."),
            Option("From the words of the question itself", "The question holds a name, and not the fact."),
        ],
    ),
    Question(
        "An assistant is right in 97 of 100 plain questions, and answers a quarter of strangers' messages sensibly. "
        "What has it practised too little?",
        [
            Option("Remembering facts from its pages", "It has them: asked in plain words, it gives nearly all."),
            Option(
                "Meeting requests in other wordings",
                "Yes. Its few wordings it knows by heart, and strangers use others.",
                right=True,
            ),
            Option("Reading the same talks more often", "It knows those. More of the same is no other wording."),
        ],
    ),
    Question(
        "A firm fine-tunes a model on facts that its base has never read. What should the firm watch for?",
        [
            Option(
                "That it takes up all of them at once", "The opposite: what the base doesn't know is learned slowly."
            ),
            Option(
                "That it makes up more things elsewhere",
                "Yes. It practised stating what it had no grounds for.",
                right=True,
            ),
            Option("That it falls silent about the old facts", "Answering is what it practised. It will answer."),
        ],
    ),
]
