"""The composition root: settings become a wired service. The only room that knows every other."""
