"""What is asked: fields with their ranges, patient, treatment, device, the whole order, and the order out of text."""
