"""A language model in the place of the rules that make shots: what it is asked, and what it may say."""
