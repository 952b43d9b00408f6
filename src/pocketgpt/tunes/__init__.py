"""Old dance tunes: melodies as notes, as ABC text, as tokens and as sound, and programs that check them."""
