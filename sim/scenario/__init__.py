"""Scenarios: the language's models, reading a file, and policies as patches.

`schema` holds the models; `text` reads YAML; `routes` expands named routes; `references`
checks names; `load` puts these together; `policies` applies levers.
"""
