"""The questions of notebook 02: three on the notebooks before it, five on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Why are web pages filtered before training?",
        [
            Option(
                "A model takes no notice of files that are too large",
                "It reads whatever it is given. Bad text costs the same and teaches the wrong things.",
            ),
            Option(
                "A model imitates what it reads, spam included",
                "Yes. Its text is made of what it read, and a token spent on spam is missing elsewhere.",
                right=True,
            ),
            Option(
                "A model isn't able to read pages that hold HTML",
                "It could. It would only be a waste: menus and scripts would be imitated, too.",
            ),
        ],
    ),
    Question(
        "What does a model get to see of the word `river`?",
        [
            Option("One or a few numbers", "Yes, token ids. The letters inside are hidden from it.", right=True),
            Option("Its five single letters", "Letters are merged into tokens before the model sees anything."),
            Option("A picture of the word", "Text models see ids, no pictures."),
        ],
    ),
    Question(
        "A tokenizer's vocabulary grows from 1,024 to 4,096. A text that had 900 tokens now has …",
        [
            Option("fewer than 900", "Yes: longer pieces become tokens of their own.", right=True),
            Option("exactly 900 tokens", "More merges make longer tokens, so the same text needs fewer."),
            Option("more than 900", "The other way round: each merge makes one token of two."),
        ],
    ),
]

END = [
    Question(
        "An untrained model over 50,000 tokens has a loss of about 10.8 nats. Why?",
        [
            Option("Random weights give large numbers", "Large random weights would be confident and wrong: worse."),
            Option("To it all tokens are equally likely", "Yes: −ln(1/50,000) = ln 50,000 = 10.8.", right=True),
            Option("Its text is hard, with many rare words", "No text plays a part yet: all get the same probability."),
        ],
    ),
    Question(
        "A model gives the token that really comes a probability of 0.25. Its loss at this place is …",
        [
            Option("0.75 nats", "That is 1 − p. The loss is −ln p."),
            Option("0.25 nats", "That is p itself. The loss is −ln p."),
            Option("1.39 nats", "Yes: −ln 0.25 = ln 4 = 1.39.", right=True),
            Option("4.00 nats", "That is 1/p. Its logarithm is the loss."),
        ],
    ),
    Question(
        "What happens in one step of training, and in which order?",
        [
            Option("nudge, then compare, then guess", "Without a guess there is nothing to compare, and no direction."),
            Option(
                "guess, then compare, then nudge", "Yes: a forward pass, a loss, a step against the gradient.", True
            ),
            Option("compare, then guess, then search", "Nothing is searched: the gradient tells the direction."),
        ],
    ),
    Question(
        "A model is trained without a causal mask. Its loss falls almost to 0. What is it good for?",
        [
            Option(
                "For nothing: it learned to copy the next token",
                "Yes. In writing there is no next token to copy.",
                True,
            ),
            Option(
                "For writing: with such a loss its text is superb",
                "When it writes, what it learned to copy isn't there.",
            ),
            Option(
                "For short texts, in which there is little future",
                "Even then the next token is missing when it writes.",
            ),
        ],
    ),
    Question(
        "The model read one page about a person. Asked for their birthplace, it will most likely …",
        [
            Option("stay silent, since it isn't sure", "Nothing has taught it to. It always goes on with some token."),
            Option(
                "name some town in a fluent sentence", "Yes: every page taught it the form, one page this fact.", True
            ),
            Option(
                "name the right town, as it read it", "One page moves the weights too little. See the curve of recall."
            ),
        ],
    ),
]
