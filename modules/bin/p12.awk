# With pem.awk: the same as PKCS #12 (RFC 7292), in clear and without a code that a password gives. Only what has the
# attribute "trusted key usage" (Oracle's, 2.16.840.1.113894.746875.1.1) is one of its trusted certificates to the JDK.
# DER takes the shortest length there is (X.690, 10.1).
function tagged(tag, text, n, long) {
    n = size(text)
    long = n < 128 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : 3
    return bytes(tag, 1) (long ? bytes(128 + long, 1) bytes(n, long) : bytes(n, 1)) text
}

function sequence(text) { return tagged(48, text) }
function set(text) { return tagged(49, text) }
function octets(text) { return tagged(160, tagged(4, text)) }

# An object identifier, from its bytes in hexadecimal.
function named(hex, at, text) {
    for (at = 1; at < length(hex); at += 2)
        text = text bytes((index(hexadecimal, substr(hex, at, 1)) - 1) * 16 + \
            index(hexadecimal, substr(hex, at + 1, 1)) - 1, 1)
    return tagged(6, text)
}

function wide(text, at, coded) {
    for (at = 1; at <= length(text); at++)
        coded = coded bytes(code[substr(text, at, 1)], 2)
    return tagged(30, coded)
}

function attribute(name, value) { return sequence(name set(value)) }

END {
    hexadecimal = "0123456789abcdef"
    data = named("2a864886f70d010701")
    bag = named("2a864886f70d010c0a0103")
    x509 = named("2a864886f70d01091601")
    friendly = named("2a864886f70d010914")
    trusted = attribute(named("6086480186f966adca7b0101"), named("551d2500"))
    for (at = 1; at <= count; at++)
        bags = bags sequence(bag tagged(160, sequence(x509 octets(certificate[at]))) \
            set(attribute(friendly, wide("ca" at)) trusted))
    safe = sequence(sequence(data octets(sequence(bags))))
    printf "%s", sequence(tagged(2, bytes(3, 1)) sequence(data octets(safe)))
}
