"""The clay look: masses become pieces of pigment, swollen, lit, and pressed with prints."""
