"""The order: rows of the inputs, patient, treatment, device, and reading an order from text."""
