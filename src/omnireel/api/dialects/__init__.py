"""The words of other services. Each dialect translates into our own submit and out of our own tasks."""
