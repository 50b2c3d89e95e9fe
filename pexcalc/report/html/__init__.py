"""The printed page: one HTML file with two plots."""
