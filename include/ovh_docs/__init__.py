"""The site of the documentation: the pages of ``docs/``, and references made from the code."""
