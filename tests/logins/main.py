"""tests/logins/run: what becomes of logins in a running engine."""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import sys
import threading
import time

import cases_bodies
import cases_mcp
import cases_store
from checks import check, finish
from host import Host, control

MARK = "agent-sandbox-login-box-"


def claims(token: str) -> dict:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def logging_in(host: Host) -> None:
    said = host.first("claude")
    check("Claude: what stands for the access token begins as one", said["access_token"], f"sk-ant-oat01-{MARK}claude-access")
    check("and for the refresh token", said["refresh_token"], f"sk-ant-ort01-{MARK}claude-refresh")
    check("the rest of the answer is the service's", (said["expires_in"], said["account"], said["organization"]["name"]),
          (3600, {"email_address": "me@example.org"}, "An \u00e9xample"))
    status, answer = host.use(said["access_token"])
    check("a bound host gets the token", (status, json.loads(answer)["service"]), (200, "claude"))
    check("and what it says back has none", b'"said": "***' in answer, True)
    said = host.first("chatgpt")
    real = next(token for token in host.identity.issued["chatgpt"] if token.startswith("eyJ"))
    check("ChatGPT: the agent can read the claims", claims(said["access_token"]), claims(real))
    check("but has no signature", said["access_token"].split(".")[2], f"{MARK}chatgpt-access")
    check("the same of the id token", (claims(said["id_token"])["kind"], said["id_token"].split(".")[2]), ("id", f"{MARK}chatgpt-id"))
    check("it works", host.use(said["access_token"], "chatgpt.com", "/backend-api/codex/models")[0], 200)
    check("its end is what the JWT says", host.login("chatgpt")["until"], claims(real)["exp"])
    said = host.first("google", client_secret="made/up+secret")
    check("Google: it works", host.use(said["access_token"], "www.googleapis.com", "/oauth2/v2/userinfo")[0], 200)
    host.identity.pending = 2
    asked = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "c"}
    waits = [host.token("github-copilot", asked)[1].get("error") for _ in range(2)]
    check("GitHub: an error with status 200 passes", waits, ["authorization_pending"] * 2)
    said = host.token("github-copilot", asked)[1]
    check("and then there is a token", (said["access_token"], said["scope"]), (f"gho_{MARK}github-copilot-access", "read:user"))
    check("which works at each host of its", [host.use(said["access_token"], name, "/user")[0] for name in
                                              ("api.github.com", "api.individual.githubcopilot.com")], [200, 200])
    said = host.first("example")
    status, answer = host.ask("api.example.org", "/x", fields=f"x-token: {said['access_token']}\r\n")
    check("a spec's own, in a header", (status, json.loads(answer)["service"]), (200, "example"))
    check("that header alone got it", host.identity.requests[-1]["fields"][-2:],
          [(b"x-token", host.identity.issued["example"][0].encode()), (b"Accept-Encoding", b"identity")])
    lines = [line for line in host.proxy.decisions() if line.get("login") == "claude"]
    check("the log names whose tokens were asked for", [(line["verdict"], line["path"]) for line in lines], [("allow", "/v1/oauth/token")])
    check("and where one went in", [line["credentials"] for line in host.proxy.decisions() if line["host"] == "chatgpt.com"], [["chatgpt"]])


def elsewhere(host: Host) -> None:
    access, refresh = f"sk-ant-oat01-{MARK}claude-access", f"sk-ant-ort01-{MARK}claude-refresh"
    before = len(host.identity.requests)
    check("what stands for a token goes nowhere else", host.use(access, "other.example.org", "/")[0], 403)
    check("nor what stands for a refresh token into a query", host.ask("api.anthropic.com", f"/x?t={refresh}")[0], 403)
    check("or into another field", host.ask("api.anthropic.com", "/x", fields=f"X-A: {refresh}\r\n")[0], 403)
    check("of all that nothing left", [one["line"] for one in host.identity.requests[before:]], [])
    check("where a bound host has a token of its own, it is taken away",
          [(host.use(one, name, "/x")[0], b"authorization" in dict(host.identity.requests[-1]["fields"])) for one, name in
           ((access, "chatgpt.com"), (refresh, "api.anthropic.com"), ("agents-own-token", "api.anthropic.com"))], [(401, False)] * 3)


def a_clients_renewal(host: Host) -> None:
    said = host.first("claude")
    asked = len(host.identity.asked)
    status, again = host.renew("claude", said["refresh_token"])
    check("a client's renewal of a fresh token is answered", (status, again["access_token"], again["account"]),
          (200, said["access_token"], said["account"]))
    check("without the service", len(host.identity.asked), asked)
    check("and says how long it is good", 3500 < again["expires_in"] <= 3600, True)
    host.ahead(3400)
    status, again = host.renew("claude", said["refresh_token"])
    check("shortly before its end there is a new one", (status, 3590 <= again["expires_in"] <= 3600), (200, True))
    check("which was asked for once", [one["grant_type"] for _, one in host.identity.asked[asked:]], ["refresh_token"])
    check("by who the client said it is", host.identity.asked[-1][1]["client_id"], "the-client")
    check("the old refresh token is gone", len([one for one, of in host.identity.refresh.items() if of == "claude"]), 2)
    check("it works", host.use(again["access_token"])[0], 200)
    status, again = host.renew("claude", "sk-ant-ort01-of-somebody-else-00000000")
    check("a refresh token of the client's own goes to the service", (status, again["error"]), (400, "invalid_grant"))
    host.ahead(0)


def by_itself(host: Host) -> None:
    said = host.first("google", client_secret="made/up+secret")
    asked = len(host.identity.asked)
    host.ahead(3350)
    check("it renews by itself", host.proxy.wait_for(lambda: any(of == "google" for of, _ in host.identity.asked[asked:])), True)
    last = [one for of, one in host.identity.asked if of == "google"][-1]
    check("with the refresh token, and what else the client said", {key: last.get(key) for key in ("grant_type", "client_id", "client_secret")},
          {"grant_type": "refresh_token", "client_id": "the-client", "client_secret": "made/up+secret"})
    check("the token works", host.use(said["access_token"], "www.googleapis.com", "/x")[0], 200)
    host.ahead(3350 + 3500)
    check("an answer without a refresh token keeps the old one", host.proxy.wait_for(
        lambda: [one["grant_type"] for of, one in host.identity.asked[asked:] if of == "google"] == ["refresh_token"] * 2), True)
    check("and that works, too", host.use(said["access_token"], "www.googleapis.com", "/x")[0], 200)
    host.ahead(0)


def refusal(host: Host, verb: str, **more) -> str:
    try:
        return str(host.ask_root(verb, **more))
    except control.ControlError as why:
        return str(why)


def of_its_client(host: Host) -> None:
    """Google lets no client in without its secret."""
    host.first("google", client_secret="made/up+secret")
    client = {"client_id": "the-client", "client_secret": "made/up+secret"}
    check("root is told which client the agent's is", host.ask_root("login-client", name="google"), {"ok": True, **client})

    def put(**more):
        tokens = {"access": host.identity.token("google", "access"), "refresh": host.identity.token("google", "refresh")}
        return host.ask_root("login-put", name="google", **tokens, **more)

    check("tokens from elsewhere", put(), {"ok": True})
    check("  are renewed by the same client", host.ask_root("login-refresh", name="google"), {"ok": True})
    put(client_id="the-client", client_secret="wrong")
    why = "its service does not take the client that asks (401, invalid_client): agent-sandbox login google --client FILE names another"
    check("a client that is not taken is said to be", refusal(host, "login-refresh", name="google"), f"the proxy says: {why}")
    found = host.login("google")
    check("  and the login has not ended", (found["state"], found["why"]), ("healthy", why))
    said = found["placeholders"]["access"]
    check("  whose token is good", host.use(said, "www.googleapis.com", "/oauth2/v2/userinfo")[0], 200)
    check("  also after a restart", (host.again(), host.login("google")["state"])[1], "healthy")
    put(**client)
    check("with the right one all is well", (host.ask_root("login-refresh", name="google"), "why" in host.login("google")), ({"ok": True}, False))
    host.identity.fails = [(b"400 Bad Request", b'{"error": "invalid_request", "error_description": "client_secret is missing."}')]
    check("as Google says that there is none", "(400, invalid_request)" in refusal(host, "login-refresh", name="google"), True)
    check("of a login that nobody has, nothing is told", refusal(host, "login-client", name="nobody"), "the proxy says: the policy has no such login")


def another_token(host: Host) -> None:
    """Copilot's, which the agent asks for with its lasting one."""
    place, own = ("api.github.com", "/copilot_internal/v2/token"), f"gho_{MARK}github-copilot-access"
    host.ask_root("logout", name="github-copilot")
    check("without a login there is none", host.use(own, *place)[0], 403)
    said = host.token("github-copilot", {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "c"})[1]
    for path in ("/copilot_internal/v2/token", "/copilot_internal/v2/token?x=1", "/Copilot_Internal/v2/token/"):
        status, answer = host.use(said["access_token"], place[0], path)
        found = json.loads(answer)
        check(f"what is given at {path} stays with the proxy", (status, found["token"], found["refresh_in"], found["endpoints"]["api"]),
              (200, own, 1500, "https://api.individual.githubcopilot.com"))
    real = host.identity.issued["github-copilot"]
    check("it was there", [one[:4] for one in real[-3:]], ["tid="] * 3)
    check("what stands for it works", host.use(found["token"], "api.individual.githubcopilot.com", "/models")[0], 200)
    check("by the token that lasts", dict(host.identity.requests[-1]["fields"])[b"Authorization"], f"Bearer {real[-4]}".encode())
    before = len(host.identity.requests)
    check("by GET alone, and without a body", [host.use(own, *place, method="POST")[0], host.use(own, *place, body=b"{}")[0],
                                                host.use(own, *place, method="HEAD")[0]], [403] * 3)
    check("  of which nothing leaves", len(host.identity.requests), before)
    host.identity.changes = lambda text, fields: (text, [*fields, (b"Content-Encoding", b"br")])
    check("compressed it does not go on", host.use(own, *place)[0], 502)
    host.identity.changes = lambda text, fields: (text, [*fields, (b"X-Token", json.loads(text)["token"].encode())])
    check("nor in a field", host.use(own, *place)[0], 200)
    host.identity.changes = None
    host.identity.revoke("github-copilot")
    check("a refusal is the service's", host.use(own, *place), (401, b'{"message": "Bad credentials"}'))


def at_once(host: Host) -> None:
    said = host.first("claude")
    asked, host.identity.delay, host.identity.lasts = len(host.identity.asked), 0.7, 7200
    host.ahead(4000)  # it has ended
    found: list = []
    threads = [threading.Thread(target=lambda: found.append(host.use(said["access_token"])[0])) for _ in range(6)]
    threads += [threading.Thread(target=lambda: found.append(host.renew("claude", said["refresh_token"])[0])) for _ in range(6)]
    threads.append(threading.Thread(target=lambda: found.append(host.use(said["access_token"], body=b"b" * 300000)[0])))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("six requests, one with a body, and six renewals wait for one new token", found, [200] * 13)
    check("which is asked for once", len([1 for service, _ in host.identity.asked[asked:] if service == "claude"]), 1)
    check("the body arrived", max(len(one["body"]) for one in host.identity.requests[-14:]), 300000)
    host.identity.delay, host.identity.lasts = 0.0, 3600
    host.ahead(0)


def not_taken(host: Host) -> None:
    said = host.first("claude")
    asked = len(host.identity.asked)
    host.identity.revoke("claude")
    before = len(host.identity.requests)
    check("a request whose token was not taken is sent again with a new one", host.use(said["access_token"], body=b"b" * 300000)[0], 200)
    check("which is got once", len(host.identity.asked) - asked, 1)
    check("both times with all of its body", [one["body"] for one in host.identity.requests[before:] if one["body"][:1] == b"b"], [b"b" * 300000] * 2)
    host.identity.revoke("claude")
    before = len(host.identity.requests)
    check("a host that takes none says so to the client", [host.use(said["access_token"])[0] for _ in range(5)], [401] * 5)
    time.sleep(1.2)
    check("and is no reason to ask again and again", (len(host.identity.asked) - asked, len(host.identity.requests) - before), (1, 5))
    host.ahead(61)  # it is doubted again
    found: list = []
    host.identity.delay = 0.5
    threads = [threading.Thread(target=lambda: found.append(host.use(said["access_token"], body=b"c" * 1000)[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    host.identity.delay = 0.0
    check("six at once wait for one new token", (found, len(host.identity.asked) - asked), ([200] * 6, 2))
    host.identity.revoke("claude")
    host.ahead(130)
    check("of a body that is longer than 2 MiB nothing is kept", host.use(said["access_token"], body=b"d" * ((2 << 20) + 1))[0], 401)
    check("its login has a new token all the same", host.proxy.wait_for(lambda: host.use(said["access_token"])[0] == 200), True)
    host.identity.revoke("claude")
    host.ahead(200)
    check("over HTTP/2 as well", host.over_http2(said["access_token"], b"e" * 10000), "200")
    host.identity.revoke("claude")
    host.identity.refresh.clear()
    host.ahead(270)
    status, text = host.use(said["access_token"])
    check("where the login has ended meanwhile, the client is told that", (status, b"has ended: log in again" in text), (403, True))
    host.ahead(0)


def troubles(host: Host) -> None:
    said = host.first("claude")
    asked = host.identity.count("claude")
    host.identity.fails = [(b"503 Service Unavailable", b"down")] * 50
    host.ahead(3590)
    time.sleep(2.5)
    check("a service that is down is left alone for a while", host.identity.count("claude") - asked, 1)
    check("until then the old token works", host.use(said["access_token"])[0], 200)
    check("the state says it", (host.login("claude")["state"], host.login("claude")["why"]), ("healthy", "its service answered 503"))
    host.ahead(3597)
    check("then it is asked again", host.proxy.wait_for(lambda: host.identity.count("claude") - asked == 2, 6), True)
    host.ahead(3700)
    host.proxy.wait_for(lambda: host.identity.count("claude") - asked == 3, 6)
    status, text = host.use(said["access_token"])
    check("after its end a request is told why", (status, b"has no token that is good, and gets no new one: its service answered 503" in text), (403, True))
    status, again = host.renew("claude", said["refresh_token"])
    check("as is a client that renews", (status, "answered 503" in again["error"]), (503, True))
    host.identity.fails = []
    check("by hand it is asked at once", host.ask_root("login-refresh", name="claude"), {"ok": True})
    check("and all is well", (host.use(said["access_token"])[0], host.login("claude")["state"]), (200, "healthy"))
    host.ahead(0)


def ended(host: Host) -> None:
    said = host.first("claude")
    for token in [one for one, of in host.identity.refresh.items() if of == "claude"]:
        del host.identity.refresh[token]
    asked = host.identity.count("claude")
    host.ahead(3400)
    host.proxy.wait_for(lambda: host.login("claude")["state"] == "ended")
    status, text = host.use(said["access_token"])
    check("a login that has ended says what to do", (status, json.loads(text)["error"]),
          (403, "agent-sandbox: the login claude has ended: log in again: agent-sandbox login claude"))
    status, again = host.renew("claude", said["refresh_token"])
    check("a client that renews is told in its own words", (status, again["error"], "log in again" in again["error_description"]), (400, "invalid_grant", True))
    host.again()
    time.sleep(1.5)
    check("it is still so after a restart", (host.login("claude")["state"], host.login("claude")["why"]), ("ended", "its service answered 400, invalid_grant"))
    check("the service was asked once", host.identity.count("claude") - asked, 1)
    host.ahead(0)
    said = host.first("claude")
    check("logging in again ends it", (host.use(said["access_token"])[0], host.login("claude")["state"]), (200, "healthy"))


CASES = {name: one for module in (sys.modules[__name__], cases_bodies, cases_mcp, cases_store) for name, one in vars(module).items()
         if inspect.isfunction(one) and one.__module__ == module.__name__ and list(inspect.signature(one).parameters) == ["host"]}


def main() -> None:
    host = Host()
    with contextlib.ExitStack() as stack:
        stack.callback(host.close)
        for name in sys.argv[1:] or CASES:
            CASES[name](host)
            check(f"after {name}: no form of a token where nobody may see one", host.leaks(), [])
        check("the engine ended by our hand alone", host.proxy.process.poll(), None)
        if host.proxy.process.poll() is not None:
            print(host.proxy.log_text())
    finish()


if __name__ == "__main__":
    main()
