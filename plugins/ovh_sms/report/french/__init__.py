"""The French sentences of reports, pages and notifications: one module for each area, found by its ``SENTENCES``."""
