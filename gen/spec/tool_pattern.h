/*
 * Patterns of the names of an MCP server's tools, as the proxy reads them (modules/proxy/mcp.py,
 * which a test compares with this): '*' is any text, and all else is itself.
 */
#ifndef TOOL_PATTERN_H
#define TOOL_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

enum { TOOL_LONGEST = 128 };

/* Why this is no such pattern, as the end of a sentence; NULL when it is one. */
const char *tool_pattern_wrong(const char *s);
/* Whether a tool may be called so: 1 to 128 visible letters of ASCII. Others are never called. */
bool tool_name_is_good(const char *s, size_t n);
/* Whether a lets through all that b does, which is a name or a pattern. */
bool tool_pattern_covers(const char *a, const char *b);

#endif
