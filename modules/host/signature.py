"""Whether the commit that apply is given is signed by whom it must be. The repository may be somebody
else's, and so is the git that reads it: what it gives was hashed again (Source.read_object), and no
setting of the repository has a say."""

import os
import stat

import approvals
from say import Failed, say, warn


def find_signers(source, state, scratch):
    """(the file of those that decide, or None; what it is): root's own; or that of the generation that is
    applied now, so that new ones must be signed for by an old one; or, before there are any, HEAD's own."""
    own = f"{os.path.dirname(source.sandbox.secrets)}/allowed_signers"
    applied = state.at("current/allowed_signers")
    info = source.host.about(own)
    if info:
        if not stat.S_ISREG(info.st_mode) or info.st_uid or info.st_mode & 0o022:
            raise Failed(f"{own} is not a file that only root may write")
        return own, own
    if os.path.isfile(applied):
        # It was signed for by those before it.
        return (None if state.current() == source.commit else applied), "the applied generation"
    text = source.git("cat-file", "blob", f"{source.commit}:allowed_signers")
    if text is None:
        return None, ""
    path = f"{scratch}/signers"
    with open(path, "wb") as file:
        file.write(text)
    return path, "this commit itself"


def split(text):
    """(what was signed, the signature): the header gpgsig, whose further lines begin with a blank, is the
    signature; what is left is what was signed (gitformat-signature(5))."""
    head, gap, body = text.partition(b"\n\n")
    payload, signed, inside = [], [], False
    for line in head.split(b"\n"):
        if line.startswith(b"gpgsig "):
            inside = True
            signed.append(line[len(b"gpgsig "):])
        elif inside and line.startswith(b" "):
            signed.append(line[1:])
        else:
            inside = False
            payload.append(line)
    return b"\n".join(payload) + gap + body, b"".join(line + b"\n" for line in signed)


class Signatures:
    """ssh-keygen asked about what these signers may have signed."""

    def __init__(self, host, signers, scratch):
        self.host, self.signers, self.path = host, signers, f"{scratch}/signature"

    def signer(self, signed):
        """Whose key it is by; ''."""
        with open(self.path, "wb") as file:
            file.write(signed)
        found = self.host.text("ssh-keygen", "-Y", "find-principals", "-s", self.path, "-f", self.signers)
        return found.splitlines()[0] if found and found.splitlines() else ""

    def verify(self, signed, data, namespace):
        """Who signed this data with it; ''."""
        signer = self.signer(signed)
        good = signer and self.host.ok("ssh-keygen", "-Y", "verify", "-f", self.signers, "-I", signer, "-n", namespace,
                                       "-s", self.path, data=data)
        return signer if good else ""


def check(source, state, scratch, text):
    """Before anything of the commit, whose text this is, is used. Says why not."""
    signers, whose = find_signers(source, state, scratch)
    if signers is None:
        return True
    host, commit = source.host, source.commit
    if not host.have("ssh-keygen"):
        raise Failed("ssh-keygen is missing: it checks the signature of the commit")
    payload, signed = split(text)
    signatures = Signatures(host, signers, scratch)
    own = signatures.verify(signed, payload, "git") if signed else ""
    if approvals.are_asked(source, state, scratch, text):
        enough = approvals.check(source, state, scratch, text, signers, own, signatures.verify)
        if enough is not None:
            return enough
    if not signed:
        warn(f"commit {commit} is not signed, and it must be: signers are named by {whose}")
    elif not signatures.signer(signed):
        warn(f"commit {commit} is signed, but by none of the signers of {whose}")
    elif not own:
        warn(f"the signature of commit {commit} is not one of {signatures.signer(signed)} over this commit")
    else:
        say(f"signed by {own}")
        return True
    return False
