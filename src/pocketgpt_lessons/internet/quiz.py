"""The questions of notebook 00: three guesses (no notebook comes before it), and five on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Where does most of the text come from that a language model reads first, in its pretraining?",
        [
            Option(
                "From what its users type into chats",
                "Conversations come much later, and are few. Nobody talks to a model that can't speak yet.",
            ),
            Option(
                "From public web pages, by programs",
                "Yes. Books, code and articles are added, but pages from the web are the bulk of it.",
                right=True,
            ),
            Option(
                "From texts that experts write for it",
                "Experts write examples for a later stage. For the first one there could never be enough.",
            ),
        ],
    ),
    Question(
        "FineWeb is a public collection of cleaned English web text, enough to train a large model. "
        "What would hold it?",
        [
            Option(
                "A few large hard disks",
                "Yes: 44 terabytes. Text is small, and most of what is crawled is thrown away.",
                right=True,
            ),
            Option("A single memory stick", "Far too small: it takes 44 terabytes."),
            Option(
                "A hall that is full of disks",
                "The pages as they were crawled fill such a hall; the cleaned text is far smaller.",
            ),
        ],
    ),
    Question(
        "Two thousand web sites carry the same page, each with its own menu around it. "
        "What should a model's makers do?",
        [
            Option(
                "Keep them all: what many repeat matters",
                "Mostly it is just easy to copy, like licence texts. The model would learn to recite it.",
            ),
            Option(
                "Throw them all away, to be on the safe side",
                "Then a good page is lost because others liked it. One copy is worth having.",
            ),
            Option(
                "Keep one of the copies, drop the others",
                "Yes. The other copies cost training time, teach nothing new, and are learned by heart.",
                right=True,
            ),
        ],
    ),
]

END = [
    Question(
        "A filter drops 40 pages, 30 of them rightly. It should have dropped 60. What are its precision and recall?",
        [
            Option("Precision 75%, recall 50%", "Yes: 30 of the 40 dropped; 30 of the 60 wanted.", right=True),
            Option(
                "Precision 50%, recall 75%",
                "The other way round: precision looks at what was dropped, recall at what should have been.",
            ),
            Option(
                "Precision 75%, recall 67%", "67% is 40 of 60. But of the 40 that it dropped, only 30 belong to the 60."
            ),
        ],
    ),
    Question(
        "One page has 60 shingles, another has 50, and 40 are in both. What is their Jaccard similarity?",
        [
            Option("40 of 110", "The 40 in both are counted twice in 110: the union has 60 + 50 − 40 = 70."),
            Option("40 of 70", "Yes, 0.57: 70 are in at least one of the two pages.", right=True),
            Option("40 of 50", "That is the share of the smaller page. Divide by what is in at least one: 70."),
        ],
    ),
    Question(
        "Two pages have a Jaccard similarity of 0.8. Their MinHash signatures have 100 places. At how many will they "
        "agree?",
        [
            Option("At all of the 100", "Only pages with equal shingles agree everywhere."),
            Option("At about 64 of 100", "64% would be 0.8 times 0.8. One place agrees with a chance of 0.8."),
            Option("At about 80 of 100", "Yes. Each place agrees with a chance of 0.8.", right=True),
        ],
    ),
    Question(
        "Why does MinHash cut a page's signature into bands?",
        [
            Option(
                "To make every page's signature shorter",
                "It stays as long as it was. The bands are only a way to look it up.",
            ),
            Option(
                "To compare only pages that share one",
                "Yes. A billion pages make half a billion billion pairs.",
                right=True,
            ),
            Option(
                "To find all of the copies without fail",
                "It is a matter of chance: similar pages meet often, others seldom.",
            ),
        ],
    ),
    Question(
        "One model read the whole raw crawl, 6.5 times as many tokens as the other read of cleaned text. So it met "
        "nearly every fact at least as often, and still it knew fewer. What follows?",
        [
            Option(
                "Wasted tokens aren't the whole reason",
                "Yes. It had met the facts, and was still the worse one on clean pages. What else a text holds also "
                "matters.",
                right=True,
            ),
            Option(
                "It can't read facts among the menus", "It can: it knew 43 to 76 of 295, far more than guessing gives."
            ),
            Option(
                "It was trained less than the other one",
                "It read 6.5 times as many tokens, so it was trained 6.5 times as much.",
            ),
        ],
    ),
]
