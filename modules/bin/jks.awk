# Certificates in PEM as a Java key store that trusts them, in the octal escapes of printf(1): no awk
# prints every byte. The format is that of the JDK's sun.security.provider.JavaKeyStore, but for the
# digest at its end, which bin/publish-ca adds.
function bytes(value, n, text) {
    for (text = ""; n > 0; n--) {
        text = sprintf("\\%03o", value % 256) text
        value = int(value / 256)
    }
    return text
}

function letters(text, at, coded) {
    for (at = 1; at <= length(text); at++)
        coded = coded bytes(code[substr(text, at, 1)], 1)
    return bytes(length(text), 2) coded
}

# Base64 to bytes; what the padding stands for is cut off.
function decoded(text, at, value, n, der) {
    for (at = 1; at <= length(text); at += 4) {
        value = digit[substr(text, at, 1)] * 262144 + digit[substr(text, at + 1, 1)] * 4096 + \
            digit[substr(text, at + 2, 1)] * 64 + digit[substr(text, at + 3, 1)]
        der = der bytes(value, 3)
    }
    n = length(text) / 4 * 3
    n -= gsub(/=/, "", text)
    return bytes(n, 4) substr(der, 1, n * 4)
}

BEGIN {
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (at = 1; at <= 64; at++)
        digit[substr(digits, at, 1)] = at - 1
    for (at = 32; at < 127; at++)
        code[sprintf("%c", at)] = at
}

/^-----BEGIN CERTIFICATE-----/ { inside = 1; text = ""; next }
/^-----END / && inside {
    inside = 0
    if (text != "" && length(text) % 4 == 0) {
        # A trusted certificate: its alias, no date, its kind.
        entry[++count] = bytes(2, 4) letters("ca" count) bytes(0, 8) letters("X.509") decoded(text)
    }
}
inside { gsub(/[^A-Za-z0-9+\/=]/, ""); text = text $0 }

END {
    # Its magic number, feedfeed, and the version.
    printf "%s", bytes(4277010157, 4) bytes(2, 4) bytes(count, 4)
    for (at = 1; at <= count; at++)
        printf "%s", entry[at]
}
