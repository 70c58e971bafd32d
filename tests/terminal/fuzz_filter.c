/* Any bytes as what a session prints (libFuzzer). However they are cut, the same comes out; what
 * came out comes out of another filter unchanged; it is UTF-8 without a control that has no row;
 * and the filter stands at rest behind it. The first byte says how they are cut, and whether the
 * clipboard is written. */
#include "terminal/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

enum { ROOM = 1 << 20 };

struct sink {
    size_t length;
    char bytes[ROOM];
};

static void must(bool holds) {
    if (!holds)
        abort();
}

static void take(void *to, const char *bytes, size_t length) {
    struct sink *sink = to;
    must(length && length <= ROOM - sink->length);
    memcpy(sink->bytes + sink->length, bytes, length);
    sink->length += length;
}

static struct filter filter;

static void through(struct sink *sink, const char *bytes, size_t length, size_t piece,
                    bool clipboard) {
    memset(&filter, 0, sizeof filter);
    filter.show = take;
    filter.to = sink;
    filter.clipboard = clipboard;
    filter.answers = true;
    sink->length = 0;
    filter_begin(&filter);
    for (size_t at = 0; at < length; at += piece)
        filter_take(&filter, bytes + at, length - at < piece ? length - at : piece);
}

static void is_clean(const struct sink *sink) {
    for (size_t i = 0; i < sink->length; i++) {
        unsigned char byte = (unsigned char)sink->bytes[i];
        must(byte >= ' ' ? byte != 0x7f : (byte >= 7 && byte <= 15) || byte == 27);
        must(byte != 0xc2 || (unsigned char)sink->bytes[i + 1] >= 0xa0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    static struct sink whole, cut, again, end;
    if (!length || length > 64 * 1024)
        return 0;
    bool clipboard = *data & 0x80;
    size_t piece = (size_t)(*data & 0x7f) + 1;
    const char *bytes = (const char *)data + 1;
    length--;
    through(&cut, bytes, length, piece, clipboard);
    through(&whole, bytes, length, length + 1, clipboard);
    must(whole.length == cut.length && !memcmp(whole.bytes, cut.bytes, whole.length));
    is_clean(&whole);
    through(&again, whole.bytes, whole.length, whole.length + 1, clipboard);
    must(again.length == whole.length && !memcmp(again.bytes, whole.bytes, whole.length));
    /* It is put back once. */
    filter.to = &end;
    end.length = 0;
    filter_end(&filter);
    is_clean(&end);
    end.length = 0;
    filter_end(&filter);
    must(!end.length);
    return 0;
}
