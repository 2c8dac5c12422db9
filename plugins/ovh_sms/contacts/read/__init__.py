"""Reads a contact list of any kind as blocks of text columns, each row with its line in the source."""
