"""How likely a model holds each continuation of a question."""
