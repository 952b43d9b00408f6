"""The commands of `python -m pocketgpt`, a file each. Heavy imports wait until a command runs."""
