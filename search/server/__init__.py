"""The HTTP server: `crossgraph serve`.

Everything here goes through `SearchRequest` and `SearchResult` as the command line does; nothing
here ranks photos. FastAPI is imported in this package alone, which only the serve and mcp commands
import, so that a search from the command line does not wait for it.
"""
