"""The tables that the program knows, each beside what reads it. Nothing here knows units: lists start fast."""
