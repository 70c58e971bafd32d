/*
 * A body of JSON that is read whole before its request goes on: for a secret that goes into it, or
 * as what is said to an MCP server. modules/proxy/json_body.py does the same.
 */
#ifndef JSON_BODY_H
#define JSON_BODY_H

#include "engine/bytes.h"

enum { JSON_LONGEST_BODY = 1 << 20 };

/* NULL, or why what these fields belong to is none that can be read, as the end of a sentence;
 * length: 0 where it is not known. A charset other than UTF-8 is one, too: some servers read UTF-7
 * where it says so, in which the same letters say another thing. */
const char *json_body_wrong(const struct fields *fields, unsigned long long length);

#endif
