/*
 * linux/host.conf and darwin/host.conf: what the control script (modules/bin) must know about the
 * sandbox, one KEY='…' a line. It reads them as data: a value holds nothing but inert words, split
 * by spaces. A key that means nothing on a system is empty there.
 *
 * CIDRS has one word for each entry: CIDR,PROTOCOL,PORT[,PORT]...
 */
#ifndef RENDER_HOST_H
#define RENDER_HOST_H

#include "buf.h"
#include "plan.h"

void render_host_linux(const struct plan *plan, struct buf *out);
void render_host_darwin(const struct plan *plan, struct buf *out);

#endif
