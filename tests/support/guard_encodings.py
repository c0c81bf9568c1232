"""Generates random secrets and writes each in 57 encodings, with Python's standard library."""

import base64
import binascii
import codecs
import gzip
import html
import json
import quopri
import random
import shlex
import string
import sys
import textwrap
import urllib.parse
import xml.sax.saxutils
import zlib

ALNUM = string.ascii_letters + string.digits


def token(r):
    return "".join(r.choices(ALNUM + "_-", k=r.randint(20, 40)))


def password(r):
    return "".join(r.choices(ALNUM + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", k=24))


def alnum(r):
    return "".join(r.choices(ALNUM, k=8))


def pem(r):
    body = base64.b64encode(r.randbytes(r.randint(60, 800))).decode()
    return "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n" % "\n".join(textwrap.wrap(body, 64))


def service_account(r):
    document = {
        "type": "service_account",
        "project_id": "analytics-" + str(r.randint(1, 9999)),
        "private_key_id": r.randbytes(20).hex(),
        "private_key": pem(r),
        "client_email": "robot@analytics.iam.gserviceaccount.com",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps(document, indent=2)


def passphrase(r):
    words = "Straße über naïve Ærø łódź café señor Ελλάδα мир 東京 crème brûlée jalapeño Zürich smörgåsbord".split()
    return " ".join(r.choices(words, k=5)) + " " + str(r.randint(1000, 9999))


KINDS = {f.__name__: f for f in (token, password, alnum, pem, service_account, passphrase)}


def b64(data):
    return base64.b64encode(data).decode()


def js_uri(text, unescaped):
    return urllib.parse.quote(text, safe=unescaped)


def wrapped(text, width):
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


# Encodings that are always redacted and always found by the check.
REDACTED = {
    "plain": lambda s: s,
    "stripped": lambda s: s.strip(),
    "in a line": lambda s: "export TOKEN=%s; run\n" % s,
    "base64": lambda s: b64(s.encode()),
    "base64 without padding": lambda s: b64(s.encode()).rstrip("="),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64url without padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64 with a line break": lambda s: b64(s.encode() + b"\n"),
    "basic authentication": lambda s: "Authorization: Basic " + b64(b"user:" + s.encode()),
    "base64 after one byte": lambda s: b64(b"x" + s.encode()),
    "base64 after two bytes": lambda s: b64(b"xy" + s.encode()),
    "base64 between others": lambda s: b64(b"api:" + s.encode() + b"@host:5432/db"),
    "base64url between others": lambda s: base64.urlsafe_b64encode(b"api:" + s.encode() + b"@h").decode(),
    "base64 of base64": lambda s: b64(b64(s.encode()).encode()),
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: binascii.hexlify(s.encode()).decode().upper(),
    "quote": lambda s: urllib.parse.quote(s),
    "quote, nothing safe": lambda s: urllib.parse.quote(s, safe=""),
    "quote_plus": lambda s: urllib.parse.quote_plus(s),
    "urlencode": lambda s: urllib.parse.urlencode({"q": s, "n": 1}),
    "quote in lower case": lambda s: "".join(
        c if c in ALNUM + "-._~" else "".join("%%%02x" % b for b in c.encode()) for c in s
    ),
    "every byte percent-encoded": lambda s: "".join("%%%02X" % b for b in s.encode()),
    "encodeURIComponent": lambda s: js_uri(s, "-_.!~*'()"),
    "encodeURI": lambda s: js_uri(s, "-_.!~*'();,/?:@&=+$#"),
    "data source": lambda s: "postgresql://user:%s@db:5432/x" % urllib.parse.quote(s, safe=""),
    "json": lambda s: json.dumps({"a": s}),
    "json in UTF-8": lambda s: json.dumps({"a": s}, ensure_ascii=False),
    "json with escaped slashes": lambda s: json.dumps({"a": s}, ensure_ascii=False).replace("/", "\\/"),
    "json for HTML": lambda s: json.dumps({"a": s}, ensure_ascii=False)
    .replace("<", "\\u003c")
    .replace(">", "\\u003e")
    .replace("&", "\\u0026"),
    "json in json": lambda s: json.dumps(json.dumps({"a": s})),
    "json in json in UTF-8": lambda s: json.dumps(json.dumps({"a": s}, ensure_ascii=False), ensure_ascii=False),
    "repr": lambda s: repr(s),
    "repr of a list": lambda s: repr(["x", s]),
    "repr of bytes": lambda s: repr(s.encode()),
    "shlex.quote": lambda s: shlex.quote(s),
    "single quotes of a shell": lambda s: "'" + s.replace("'", "'\\''") + "'",
    "html.escape": lambda s: html.escape(s),
    "saxutils.escape": lambda s: xml.sax.saxutils.escape(s),
    "utf-16-le": lambda s: s.encode("utf-16-le"),
    "utf-16-be": lambda s: s.encode("utf-16-be"),
    "base64 of utf-16-le": lambda s: b64(s.encode("utf-16-le")),
}

# Encodings that are always found by the check.
CHECKED = {
    "base64 wrapped at 64": lambda s: wrapped(b64(s.encode()), 64),
    "base64 wrapped at 76": lambda s: base64.encodebytes(s.encode()).decode(),
    "hex with spaces": lambda s: s.encode().hex(" "),
    "docker configuration in base64": lambda s: b64(
        json.dumps({"auths": {"ghcr.io": {"auth": b64(b"user:" + s.encode())}}}).encode()
    ),
}

# Encodings without a guarantee.
UNGUARANTEED = {
    "upper case": lambda s: s.upper(),
    "lower case": lambda s: s.lower(),
    "reversed": lambda s: s[::-1],
    "escaped bytes": lambda s: "".join("\\x%02x" % b for b in s.encode()),
    "quoted-printable": lambda s: quopri.encodestring(s.encode()).decode(),
    "first half": lambda s: s[: len(s) // 2],
    "one character per line": lambda s: "\n".join(s),
    "ascii85": lambda s: base64.a85encode(s.encode()).decode(),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "zlib": lambda s: zlib.compress(s.encode()),
    "gzip in base64": lambda s: b64(gzip.compress(s.encode())),
    "rot13": lambda s: codecs.encode(s, "rot13"),
}

assert (len(REDACTED), len(CHECKED), len(UNGUARANTEED)) == (41, 4, 12)


def texts(encodings, secret):
    encoded = {name: encode(secret) for name, encode in encodings.items()}
    return {name: (text if isinstance(text, bytes) else text.encode()).hex() for name, text in encoded.items()}


for line in sys.stdin:
    question = json.loads(line)
    r = random.Random(question["seed"])
    secret = KINDS[question["kind"]](r)
    answer = {
        "secret": secret.encode().hex(),
        "redacted": texts(REDACTED, secret),
        "checked": texts(CHECKED, secret),
        "unguaranteed": texts(UNGUARANTEED, secret),
    }
    print(json.dumps(answer))
