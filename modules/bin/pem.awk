# Certificates in PEM as certificate[1..count], in the octal escapes of printf(1): no awk prints every byte. What
# bin/publish-ca reads with it says at its end what becomes of them.
function bytes(value, n, text) {
    for (text = ""; n > 0; n--) {
        text = sprintf("\\%03o", value % 256) text
        value = int(value / 256)
    }
    return text
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
    return substr(der, 1, n * 4)
}

# How many bytes that is.
function size(text) {
    return length(text) / 4
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
    if (text != "" && length(text) % 4 == 0)
        certificate[++count] = decoded(text)
}
inside { gsub(/[^A-Za-z0-9+\/=]/, ""); text = text $0 }
