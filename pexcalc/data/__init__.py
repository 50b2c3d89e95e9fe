"""The tables that the program knows, each beside what reads it; nothing here knows units."""
