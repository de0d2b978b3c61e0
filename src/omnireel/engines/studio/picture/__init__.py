"""What can be known of one picture, and done to it, whatever is made from it."""
