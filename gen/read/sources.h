/*
 * The cache of pinned bases: a file for each repository and commit (git/kept.h), which update
 * writes and nobody needs to trust.
 */
#ifndef SOURCES_H
#define SOURCES_H

#define SOURCES_NONE "neither XDG_CACHE_HOME nor HOME is set"

/* $XDG_CACHE_HOME/agent-sandbox/sources, or below ~/.cache. The caller frees it; NULL: neither
 * XDG_CACHE_HOME nor HOME says where. */
char *sources_folder(void);

/* The file of one commit in it. The caller frees it; NULL as above. */
char *sources_path(const char *url, const char *rev);

#endif
