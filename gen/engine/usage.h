/*
 * How many tokens an answer of a model's API says that it cost: the fields of usage in Anthropic's
 * Messages, OpenAI's Chat Completions and Responses, and Gemini's generateContent, in JSON and in
 * events (SSE); modules/proxy/usage.py, in C. Read as it streams, in constant memory.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stddef.h>
#include <stdint.h>

struct usage;

struct usage *usage_new(void);
void usage_free(struct usage *usage); /* NULL is none */
void usage_feed(struct usage *usage, const void *data, size_t length);
/* So far: of each field the largest, as streams repeat them. Numbers that are none, or negative,
 * count for nothing. */
uint64_t usage_tokens(const struct usage *usage);

#endif
