"""What the pages of this floor share: their frame, and intervals drawn as dots and whiskers."""
