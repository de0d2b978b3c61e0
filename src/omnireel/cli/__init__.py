"""The command line: a command per file. What one needs is loaded when it runs, so that help is instant."""
