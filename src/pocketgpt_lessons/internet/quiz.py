"""The questions of notebook 00: three guesses (no notebook comes before it), and three on its own matter."""

from pocketgpt_lessons.classroom.quizzes import Option, Question

START = [
    Question(
        "Where does most of the text come from that a language model reads first, in its pre-training?",
        [
            Option(
                "From conversations with its users",
                "Conversations come much later, and are few. Nobody talks to a model that can't speak yet.",
            ),
            Option(
                "From public web pages, collected by programs",
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
            Option("A memory stick", "Too small by far: it takes 44 terabytes."),
            Option(
                "A hall full of disks",
                "The pages as they were crawled fill such a hall; the cleaned text is far smaller.",
            ),
        ],
    ),
    Question(
        "Two thousand web sites carry the same page, each with its own menu around it. "
        "What should a model's makers do?",
        [
            Option(
                "Keep all copies: what is repeated often must be important",
                "Mostly it is just easy to copy, like licence texts. The model would learn to recite it.",
            ),
            Option(
                "Throw all of them away", "Then a good page is lost because others liked it. One copy is worth having."
            ),
            Option(
                "Keep one",
                "Yes. The other copies cost training time, teach nothing new, and are learned by heart.",
                right=True,
            ),
        ],
    ),
]

END = [
    Question(
        "A filter drops 100 pages, 90 of them rightly. It should have dropped 180. What are its precision and recall?",
        [
            Option("Precision 90%, recall 50%", "Yes: 90 of the 100 dropped; 90 of the 180 wanted.", right=True),
            Option(
                "Precision 50%, recall 90%",
                "The other way round: precision looks at what was dropped, recall at what should have been.",
            ),
            Option(
                "Precision 90%, recall 90%",
                "The recall asks how many of the 180 it found, and it found only half of them.",
            ),
        ],
    ),
    Question(
        "Why does MinHash cut a page's signature into bands?",
        [
            Option(
                "To make the signature shorter", "It stays as long as it was. The bands are only a way to look it up."
            ),
            Option(
                "So that similar pages meet in one bucket, and not every pair must be compared",
                "Yes. A billion pages make half a billion billion pairs.",
                right=True,
            ),
            Option(
                "So that the number of copies found is exact",
                "It is a matter of chance: similar pages meet often, others seldom.",
            ),
        ],
    ),
    Question(
        "Two equal models read equally many tokens, one raw and one cleaned text. Why does the raw one know less?",
        [
            Option(
                "It can't read the facts among the menus",
                "It can: given more tokens, it learns them too. It met each of them less often.",
            ),
            Option("It has fewer parameters", "Both have the same number, and start from the same random numbers."),
            Option(
                "Most of its tokens went into menus, scripts and copies",
                "Yes. Equal tokens mean equal work, and most of its work taught it furniture.",
                right=True,
            ),
        ],
    ),
]
