"""The chatbot's local model."""
