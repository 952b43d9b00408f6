"""Pictures of 8 × 8 pixels: scenes drawn by a program, handwritten digits, animals; and what they are as tokens."""
