"""Results in words: the sheet and its sections, the summary, lists, and the printed page."""
