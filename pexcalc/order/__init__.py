"""What is asked: the rows of the inputs, patient, treatment, device, the order, order from text."""
