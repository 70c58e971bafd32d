# With pem.awk: a Java key store that trusts them. The format is that of the JDK's sun.security.provider.JavaKeyStore,
# but for the digest at its end, which bin/publish-ca adds.
function letters(text, at, coded) {
    for (at = 1; at <= length(text); at++)
        coded = coded bytes(code[substr(text, at, 1)], 1)
    return bytes(length(text), 2) coded
}

END {
    # Its magic number, feedfeed, and the version.
    printf "%s", bytes(4277010157, 4) bytes(2, 4) bytes(count, 4)
    # A trusted certificate: its alias, no date, its kind.
    for (at = 1; at <= count; at++)
        printf "%s", bytes(2, 4) letters("ca" at) bytes(0, 8) letters("X.509") \
            bytes(size(certificate[at]), 4) certificate[at]
}
