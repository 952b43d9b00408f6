"""`python -m pocketgpt_lessons NUMBER …`"""

import sys

from pocketgpt_lessons.evidence import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
