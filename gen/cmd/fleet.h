/* Any number of specs into one bare repository, on all cores. */
#ifndef FLEET_H
#define FLEET_H

#include "cmd/command.h"

/* A mistaken spec stops nothing but itself; all mistakes are told at the end, with EXIT_WRONG. */
enum exit_code fleet_render(const struct call *call, const char *repository);

#endif
