"""The questions of notebook 04: three on the notebooks before it, three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "A base model answers a question at the end of a page. Why does it then write another question?",
        [
            Option("It wants to know more", "It wants nothing. It goes on with a page, as all its training taught it."),
            Option(
                "It continues the page, and on such pages the next question follows",
                "Yes. Nothing has taught it that there is somebody else whose turn it is.",
                right=True,
            ),
            Option(
                "The temperature was too high",
                "At temperature 0 it does the same: the next question is the likeliest text.",
            ),
        ],
    ),
    Question(
        "Which tokens of a page count in the loss of pre-training?",
        [
            Option("Only the facts", "The program doesn't know which tokens are facts."),
            Option("Only the last token", "Then a page would teach one guess. It teaches as many as it has tokens."),
            Option(
                "All of them: each is guessed from those before it",
                "Yes. In this notebook that changes, and a mask says where.",
                right=True,
            ),
        ],
    ),
    Question(
        "“Ada” at the very start of a text and “ Ada” after a space: the same tokens?",
        [
            Option(
                "Not with our tokenizer: the space belongs to the word's first token",
                "Yes. So what a model learned of the one it doesn't know of the other by itself.",
                right=True,
            ),
            Option(
                "Yes, a word is a word", "The tokenizer knows bytes. A space is one of them, and it makes a difference."
            ),
            Option(
                "Yes, spaces are removed before", "They can't be: from the tokens the very same text must come back."
            ),
        ],
    ),
]

END = [
    Question(
        "What if the `<|end|>` of the assistant's turns didn't count in the loss?",
        [
            Option(
                "The model would learn everything but to stop",
                "Yes. A token that never counts is never taught.",
                right=True,
            ),
            Option(
                "Nothing: the program stops the model anyway",
                "The program stops where the model writes `<|end|>`, or at a length limit: in mid-sentence.",
            ),
            Option("Answers would come out shorter", "Longer: they would run on to the limit."),
        ],
    ),
    Question(
        "Your assistant is right about people who are in none of its conversations. Where does it have the facts from?",
        [
            Option(
                "From the pages that the base model read",
                "Yes. The conversations taught how to answer, not what.",
                right=True,
            ),
            Option(
                "From the conversations about other people",
                "Those tell other facts about other people. Only the form is the same.",
            ),
            Option("From the question", "The question holds a name, and not the fact."),
        ],
    ),
    Question(
        "A firm fine-tunes a model on facts that its base has never read. What should the firm watch for?",
        [
            Option(
                "That the model takes up all of them at once",
                "The opposite was measured: what the base doesn't know it learns slowly.",
            ),
            Option(
                "That it makes things up more readily elsewhere",
                "Yes. It practised to state what it had no grounds for.",
                right=True,
            ),
            Option("That it falls silent", "Answering is what it practised. It will answer, about strangers, too."),
        ],
    ),
]
