"""The same job done by this engine and by what one would pick instead, side by side on one broker. Not a test."""
