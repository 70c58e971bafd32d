/* What srt's settings and Claude Code's have alike: it is the same sandbox. */
#ifndef IMPORT_SANDBOX_H
#define IMPORT_SANDBOX_H

#include "import/import_private.h"

take_fn import_sandbox_network, import_sandbox_files, import_sandbox_credentials;

#endif
