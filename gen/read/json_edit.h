/*
 * Sets one value in a JSON text that people wrote, and leaves every other byte as it is. What is
 * not there yet is added behind what is, laid out as its neighbours are.
 */
#ifndef JSON_EDIT_H
#define JSON_EDIT_H

#include "base/buf.h"

/* text: an object that jansson takes, and what stands at the first n - 1 names of path is an object
 * or nothing; or an array, where the next name is the number of an item that it has. json: the
 * value as JSON. */
void json_edit_set(struct buf *text, const char *const *path, size_t n, const char *json);

/* Adds an item at the end of the array there; where none is, there will be one. */
void json_edit_append(struct buf *text, const char *const *path, size_t n, const char *json);

#endif
