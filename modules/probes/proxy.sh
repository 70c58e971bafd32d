# From inside a session, through the relay: what must be refused by the proxy. .invalid never
# resolves (RFC 6761).
# shellcheck shell=sh disable=SC2015,SC2034,SC2153,SC2154

# answer REQUEST: the status line, or nothing where it was closed without one; REQUEST in printf's %b
# form. 3: the relay is closed, 4: no answer came.
answer() {
    # shellcheck disable=SC2016
    limited 15 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" || exit 3
        trap "" PIPE
        printf "%b" "$1" >&3
        IFS= read -r -t 10 line <&3 || [ "$SECONDS" -lt 10 ] || exit 4
        printf "%s" "$line"' "$RELAY_PORT" "$1"
}

# A refusal is an answer of 4xx or a closed connection; 5xx would mean that something was tried, and
# so would a long silence.
refused() {
    needs bash && can_limit || return
    line=$(answer "$1" 2>/dev/null)
    case $? in
    0) ;;
    3) unknown 'the relay is closed'; return ;;
    *) unknown 'no answer'; return ;;
    esac
    case $line in
    '') held 'closed without an answer' ;;
    HTTP/1.[01]' 4'*) held "$line" ;;
    *) broken "$line" ;;
    esac
}

refused_get() { refused "GET $1 HTTP/1.1\r\nHost: $2\r\nConnection: close\r\n\r\n"; }
refused_connect() { refused "CONNECT $1 HTTP/1.1\r\nHost: $1\r\n\r\n"; }

# The proxy lets a tunnel to a name be opened so that its refusal can be read inside.
refused_tls() {
    needs curl && can_limit || return
    code=$(limited 15 curl -q -sk -o /dev/null -w '%{http_connect} %{http_code}' --noproxy '' \
        -x "http://127.0.0.1:$RELAY_PORT" "$1")
    case $code in
    *' 403' | 403*) held 403 ;;
    '' | *' 000') unknown 'no answer' ;;
    *) broken "status $code" ;;
    esac
}

# An address is refused whatever the spec says, also where an audit lets names pass; and in the
# add-on's own words, which neither mitmproxy nor anything else at that port would say.
says_why() {
    needs curl && can_limit || return
    body=$(limited 15 curl -q -s --noproxy '' -x "http://127.0.0.1:$RELAY_PORT" http://192.0.2.1/)
    case $body in
    '{"error": "agent-sandbox: '*) held "$body" ;;
    *) broken "$body" ;;
    esac
}

# RFC 1928: the version comes back first. The empty lines after it make who speaks HTTP answer at once.
no_socks() {
    needs bash && can_limit || return
    # shellcheck disable=SC2016
    limited 8 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" || exit 3
        printf "\005\001\000\r\n\r\n" >&3
        IFS= read -r -t 2 -n 1 byte <&3
        [ "$byte" != "$(printf "\005")" ] || exit 5' "$RELAY_PORT" 2>/dev/null
    case $? in
    0) held 'no answer in that protocol' ;;
    3) unknown 'the relay is closed' ;;
    5) broken 'it answered' ;;
    *) unknown 'it could not be asked' ;;
    esac
}

# What knows no proxy asks for a name, and dials what it is told.
captured() {
    [ -n "$CAPTURE" ] || { held 'nothing is taken there'; return; }
    needs curl && can_limit || return
    body=$(limited 15 curl -q -s --noproxy '*' http://denied.invalid/)
    case $body in
    '{"error": "agent-sandbox: '*denied.invalid*) held "$body" ;;
    *) broken "$body" ;;
    esac
}

# Nobody asked for a name that would have this address; a name's has the answers of its proxy.
captured_stranger() {
    needs curl && can_limit || return
    body=$(limited 15 curl -q -s --noproxy '*' http://198.19.255.254/)
    code=$?
    [ -z "$body" ] && [ "$code" -ne 0 ] && ! ran_out "$code" && held "nothing came ($code)" && return
    broken "$body"
}

# The spec's own tests that expect a denial: METHOD URL, or CONNECT HOST:PORT, whose bytes must not be passed on
# unread. A tunnel may open all the same, and lead to the proxy itself, which answers TRACE in its own words.
asked() {
    method=${1%% *} url=${1#* } more=
    case $method in
    CONNECT) url=https://$url/ method=TRACE ;;
    HEAD) more=-I ;;
    esac
    case $url in
    ws*) url=http${url#ws} more='-H Upgrade:websocket -H Connection:Upgrade -H Sec-WebSocket-Version:13 -H Sec-WebSocket-Key:AAAAAAAAAAAAAAAAAAAAAA==' ;;
    esac
    # shellcheck disable=SC2086
    said=$(limited 15 curl -q -s -k -g --http1.1 --path-as-is --noproxy '' --max-time 10 -X "$method" $more \
        -x "http://127.0.0.1:$RELAY_PORT" -w '\n%{http_connect} %{http_code}' "$url")
    # 5xx in those words would mean that something was tried.
    case $method,$said in
    *,'{"error": "agent-sandbox: '*' 4'?? | HEAD,*' 403' | *'403 000') ;;
    *' 000') printf 'nobody answered %s\n' "$1" ;;
    *) printf '%s was let through: %s\n' "$1" "${said##* }" ;;
    esac
}

# All side by side, at most so many at once. What is let through is said before what nobody answered.
tests_refused() {
    [ -n "$MUST_REFUSE" ] || { held 'the spec has no test that expects a denial'; return; }
    needs curl && can_limit || return
    found=$(count=0
        while IFS= read -r one; do
            asked "$one" </dev/null &
            count=$((count + 1))
            [ $((count % 16)) -ne 0 ] || wait
        done <<LINES
$MUST_REFUSE
LINES
        wait
        echo "$count of the spec's tests")
    case $found in
    *' was let through: '*)
        found=${found%% was let through: *}
        broken "${found##*
} was let through"
        ;;
    *'nobody answered '*)
        found=${found##*nobody answered }
        unknown "nobody answered ${found%%
*}"
        ;;
    *) held "$found" ;;
    esac
}

row proxy-answers linux,darwin - 'control: the proxy answers, and says why it refuses' says_why
row capture linux - 'control: what knows no proxy is taken to it, and decided by the name' captured
row capture-stranger linux - 'an address that stands for no name leads nowhere' captured_stranger
row spec-tests linux,darwin audit 'what the tests of the spec say must be denied is' tests_refused
row proxy-name linux,darwin audit 'a name without a rule is refused' refused_get http://denied.invalid/ denied.invalid
row proxy-tls linux,darwin audit 'a name without a rule is refused inside TLS' refused_tls https://denied.invalid/
row proxy-literal linux,darwin - 'an address instead of a name is refused' refused_get http://1.1.1.1/ 1.1.1.1
row proxy-literal-tls linux,darwin - 'also as a tunnel' refused_connect 1.1.1.1:443
row proxy-literal-six linux,darwin - 'also in v6' refused_connect '[2606:4700:4700::1111]:443'
row proxy-loopback linux,darwin - 'no loopback through the proxy' refused_connect 127.0.0.1:22
row proxy-loopback-six linux,darwin - 'no v6 loopback through the proxy' refused_connect '[::1]:22'
row proxy-localhost linux,darwin - 'no localhost by name' refused_get "http://localhost:$PROXY_PORT/" "localhost:$PROXY_PORT"
row proxy-short linux,darwin - 'no loopback as 127.1' refused_get http://127.1/ 127.1
row proxy-decimal linux,darwin - 'no loopback as a decimal number' refused_connect 2130706433:80
row proxy-hex linux,darwin - 'no loopback as a hexadecimal number' refused_connect 0x7f.0.0.1:80
row proxy-octal linux,darwin - 'no loopback as an octal number' refused_connect 0177.0.0.1:80
row proxy-any linux,darwin - 'no loopback as 0.0.0.0' refused_connect 0.0.0.0:22
row proxy-mapped linux,darwin - 'no loopback as v4-mapped v6' refused_connect '[::ffff:127.0.0.1]:22'
row proxy-metadata linux,darwin - 'no metadata service through the proxy' refused_get http://169.254.169.254/latest/meta-data/ 169.254.169.254
row proxy-lan linux,darwin - 'no LAN through the proxy' refused_get http://192.168.1.1/ 192.168.1.1
row proxy-port linux,darwin audit 'no port that no rule speaks of' refused_connect denied.invalid:22
row proxy-onboarding linux,darwin audit 'the proxy serves no page of its own' refused_get http://mitm.it/ mitm.it
row proxy-userinfo linux,darwin - 'no user name before the host' refused_get http://good@127.0.0.1/ 127.0.0.1
row proxy-two-hosts linux,darwin - 'two hosts in one request are refused' refused "GET http://denied.invalid/ HTTP/1.1\r\nHost: a.invalid\r\nHost: b.invalid\r\n\r\n"
row proxy-mismatch linux,darwin - 'a Host that differs from the address line is refused' refused "GET http://a.invalid/ HTTP/1.1\r\nHost: b.invalid\r\n\r\n"
row proxy-relative linux,darwin - 'a request without a host is refused' refused "GET / HTTP/1.1\r\nX-Probe: 1\r\n\r\n"
row proxy-trace linux,darwin audit 'TRACE is refused' refused "TRACE http://denied.invalid/ HTTP/1.1\r\nHost: denied.invalid\r\n\r\n"
row proxy-smuggle linux,darwin - 'two lengths in one request are refused' refused "POST http://denied.invalid/ HTTP/1.1\r\nHost: denied.invalid\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
row proxy-scheme linux,darwin - 'other protocols than http are refused' refused_get ftp://denied.invalid/ denied.invalid
row proxy-socks linux,darwin - 'the relay speaks no SOCKS' no_socks
