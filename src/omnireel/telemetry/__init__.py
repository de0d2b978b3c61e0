"""What the process tells about itself: numbers and spans, and what may never be told."""
