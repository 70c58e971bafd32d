/*
 * The languages of systemd: unit files (systemd.syntax(7), systemd.unit(5), systemd.service(5))
 * and environment files (systemd.exec(5), EnvironmentFile=).
 */
#ifndef WRITE_UNIT_H
#define WRITE_UNIT_H

#include "base/buf.h"

/* One quoted word of a value: it reads back as it is, its % and \ and quotes expand nothing. */
void unit_word(struct buf *b, struct text text);

/* The same for an argument of ExecStart= and its like, where a $ would expand as well. */
void unit_argument(struct buf *b, struct text text);

/* A path as the value of a setting, or a part of it. */
void unit_path(struct buf *b, struct path path);

/* The same of a folder of people's: between quotes where it needs them. */
void unit_folder(struct buf *b, struct text path);

/* KEY="…" and a newline, for an environment file; a POSIX shell reads the same value from it. */
void unit_assign_name(struct buf *b, struct name key, struct text value);

/* The same around inert printers of buf.h alone. */
void unit_begin(struct buf *b, struct name key);
void unit_end(struct buf *b);

#endif
