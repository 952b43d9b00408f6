"""The one exception that the package raises for a mistake that its reader can mend."""


class PocketError(ValueError):
    """Bad input, told in one clear sentence that says what to do about it.

    >>> raise PocketError("The text is empty; give at least one sentence.")
    Traceback (most recent call last):
    pocketgpt.errors.PocketError: The text is empty; give at least one sentence.
    """
