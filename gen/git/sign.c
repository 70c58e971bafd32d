#include "git/sign.h"
#include "base/buf_raw.h"
#include "base/die.h"
#include "base/process.h"
#include "base/whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file without a name: what it holds is nobody else's to see or to change. */
static FILE *keep(const void *data, size_t n) {
    FILE *file = tmpfile();
    if (file && (fwrite(data, 1, n, file) != n || fflush(file) || fseek(file, 0, SEEK_SET))) {
        fclose(file);
        return NULL;
    }
    return file;
}

static void close_file(FILE **file) {
    if (*file)
        fclose(*file);
}
#define FILE_CLEANUP __attribute__((cleanup(close_file)))

static bool read_back(FILE *file, struct buf *out) {
    char chunk[1024];
    size_t n;
    if (fseek(file, 0, SEEK_SET))
        return false;
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, n);
    return !ferror(file);
}

bool sign(const char *key, const char *namespace, const void *data, size_t n,
          struct buf *signature) {
    FILE_CLEANUP FILE *in = keep(data, n);
    FILE_CLEANUP FILE *out = keep("", 0);
    char *argv[] = {"ssh-keygen",      "-q", "-Y",        "sign", "-n",
                    (char *)namespace, "-f", (char *)key, NULL};
    size_t before = signature->len;
    if (!in || !out) {
        fprintf(stderr, "agent-sandbox: can't make a temporary file: %s\n", strerror(errno));
        return false;
    }
    /* An empty one would make an unsigned commit of one that was to be signed. */
    return process_run(argv, in, out, true) == 0 && read_back(out, signature) &&
           signature->len > before;
}

enum { LONGEST_KEY = 8192 };

/* A line that begins as a public key does; that of a private one in OpenSSH's form does not. */
static bool read_public(const char *path, struct buf *text) {
    CHAR_CLEANUP char *found = NULL;
    size_t n = 0;
    if (read_whole_file(path, LONGEST_KEY, &found, &n) || strncmp(found, "-----", 5) == 0)
        return false;
    buf_add(text, found, strcspn(found, "\r\n"));
    return true;
}

bool sign_public_key(const char *key, struct buf *text) {
    BUF_CLEANUP struct buf beside = {0};
    FILE_CLEANUP FILE *out = keep("", 0);
    BUF_CLEANUP struct buf printed = {0};
    char *argv[] = {"ssh-keygen", "-y", "-f", (char *)key, NULL};
    buf_printf(&beside, "%s.pub", key);
    if (read_public(key, text) || read_public(beside.data, text))
        return true;
    if (!out || process_run(argv, NULL, out, true) != 0 || !read_back(out, &printed) ||
        !printed.len)
        return false;
    buf_add(text, printed.data, strcspn(printed.data, "\n"));
    return true;
}

char *sign_key_path(const char *path) {
    const char *home = getenv("HOME");
    if (strncmp(path, "~/", 2) != 0)
        return must_copy(path);
    if (!home || !*home)
        return NULL;
    size_t n = strlen(home) + strlen(path);
    char *whole = must_alloc(n);
    snprintf(whole, n, "%s%s", home, path + 1);
    return whole;
}

/* The name under which ssh-keygen opens a file that has none: descriptors are inherited. */
static void name_of(FILE *file, char name[32]) {
    snprintf(name, 32, "/dev/fd/%d", fileno(file));
}

enum signed_by sign_check(const struct buf *allowed, const struct buf *signature,
                          const char *namespace, const void *data, size_t n, struct buf *who) {
    FILE_CLEANUP FILE *signers = keep(allowed->len ? allowed->data : "", allowed->len);
    FILE_CLEANUP FILE *proof = keep(signature->len ? signature->data : "", signature->len);
    FILE_CLEANUP FILE *in = keep(data, n);
    FILE_CLEANUP FILE *found = keep("", 0);
    FILE_CLEANUP FILE *out = keep("", 0);
    BUF_CLEANUP struct buf names = {0};
    char signers_name[32], proof_name[32];
    if (!signers || !proof || !in || !found || !out)
        return SIGNED_UNKNOWN;
    name_of(signers, signers_name);
    name_of(proof, proof_name);
    char *find[] = {"ssh-keygen", "-Y", "find-principals", "-s",
                    proof_name,   "-f", signers_name,      NULL};
    int code = process_run(find, in, found, false);
    if (code < 0)
        return SIGNED_UNKNOWN;
    if (code != 0 || !read_back(found, &names) || !names.len)
        return SIGNED_BY_OTHER;
    names.data[strcspn(names.data, "\n")] = '\0';
    char *verify[] = {"ssh-keygen", "-Y", "verify",          "-f", signers_name, "-I",
                      names.data,   "-n", (char *)namespace, "-s", proof_name,   NULL};
    rewind(signers), rewind(proof), rewind(in);
    if (process_run(verify, in, out, false) != 0)
        return SIGNED_BY_OTHER;
    buf_str(who, names.data);
    return SIGNED_BY_ALLOWED;
}
