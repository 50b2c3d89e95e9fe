"""Removal of solutes and medicines by exchange, compared with other modalities."""
