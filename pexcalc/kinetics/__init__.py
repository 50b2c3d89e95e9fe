"""What an exchange does to solutes and medicines, and other modalities beside it."""
