"""Sound made for a clip from its storyboard: ambience, events on the picture's own contacts, music."""
