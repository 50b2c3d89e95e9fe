"""What an exchange does to solutes and medicines: dilution, production, return, courses, other modalities."""
