"""Omnireel as tools for language models: an MCP server on the SDK, over stdio or streamable HTTP."""
