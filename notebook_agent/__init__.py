"""Build, watch, debug, rewind and fork an LLM agent without leaving the notebook."""
