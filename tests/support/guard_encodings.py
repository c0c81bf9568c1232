"""Generates random secrets and writes each in many encodings, with Python's standard library and common tools.

Containers and keys are written with the fields that have to be found, and with public parts that must not be found.
"""

import base64
import binascii
import codecs
import gzip
import html
import html.entities
import json
import quopri
import random
import re
import shlex
import shutil
import string
import subprocess
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


PUNCTUATION = "-._~!$&'()*+,;=:@/?#[]|\\^`{}<>\""


def percent(s):
    """Percent-encodes as a library that leaves some characters, which depend on the secret."""
    r = random.Random(s)
    kept = "".join(c for c in PUNCTUATION if r.random() < 0.5)
    return urllib.parse.quote(s, safe=kept)


def ldap(s):
    """Escapes a value of a search filter (RFC 4515)."""
    return "".join("\\%02x" % b if b in b"*()\\\0" or b > 127 else chr(b) for b in s.encode())


def distinguished_name(s):
    """Escapes a value of a distinguished name (RFC 4514)."""
    return "".join("\\" + c if c in ',+"\\<>;=#' else c for c in s)


def properties(s):
    """Escapes a value of a Java properties file."""
    out = ""
    for c in s:
        if c in ":=#!\\":
            out += "\\" + c
        elif c in "\n\t\r":
            out += {"\n": "\\n", "\t": "\\t", "\r": "\\r"}[c]
        elif " " <= c <= "~":
            out += c
        else:
            out += "".join("\\u%04X" % int.from_bytes(u, "big") for u in pairs(c.encode("utf-16-be")))
    return out


def pairs(data):
    return [data[i : i + 2] for i in range(0, len(data), 2)]


def named_entities(s):
    return "".join("&%s;" % html.entities.codepoint2name.get(ord(c), "#%d" % ord(c)) if not c.isalnum() else c for c in s)


def coloured(s):
    return "".join(c + ("\x1b[1;31m" if i % 3 == 2 else "\x1b[0m" if i % 3 == 0 else "") for i, c in enumerate(s))


def tool(*command):
    """Returns a function that passes a secret to the standard input of a tool."""
    return lambda s: subprocess.run(command, input=s.encode(), stdout=subprocess.PIPE, check=True).stdout


def bash_q(s):
    return subprocess.run(["bash", "-c", 'printf %q "$1"', "bash", s], stdout=subprocess.PIPE, check=True).stdout


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
    "percent-encoding with other characters": percent,
    "percent-encoding twice": lambda s: urllib.parse.quote(percent(s), safe=""),
    "percent-encoding with %u": lambda s: "".join(c if ord(c) < 128 and c.isalnum() else "%%u%04x" % ord(c) for c in s),
    "json in a URL": lambda s: urllib.parse.quote(json.dumps({"a": s})),
    "re.escape": re.escape,
    "every punctuation escaped": lambda s: re.sub(r"([^\w\n])", r"\\\1", s),
    "LDAP filter": ldap,
    "LDAP filter in a URL": lambda s: urllib.parse.quote(ldap(s)),
    "distinguished name": distinguished_name,
    "Java properties": properties,
    "printf %q of bash": bash_q,
    "octal escapes": lambda s: "".join("\\%03o" % b for b in s.encode()),
    "braces of Rust": lambda s: "".join("\\u{%x}" % ord(c) for c in s),
    "escaped bytes": lambda s: "".join("\\x%02x" % b for b in s.encode()),
    "all numeric entities": lambda s: "".join("&#%d;" % ord(c) for c in s),
    "all hexadecimal entities": lambda s: "".join("&#x%X;" % ord(c) for c in s),
    "named entities": named_entities,
    "colours": coloured,
    "a list of numbers": lambda s: str(list(s.encode())),
    "a list of numbers in lines": lambda s: json.dumps(list(s.encode()), indent=4),
    "numbers of Go": lambda s: str(list(s.encode())).replace(",", ""),
    "a list of hexadecimal numbers": lambda s: "[" + ", ".join("%x" % b for b in s.encode()) + "]",
    "a list of hexadecimal numbers with 0x": lambda s: ", ".join("0x%02x" % b for b in s.encode()),
    "a list of octal numbers": lambda s: "[" + ", ".join("0o%o" % b for b in s.encode()) + "]",
    "hex with spaces": lambda s: s.encode().hex(" "),
    "hex with dashes": lambda s: s.encode().hex("-").upper(),
    "hex with colons": lambda s: s.encode().hex(":"),
}

# Dumps of a secret by tools, as far as they are installed.
TOOLS = {
    "od -tx1": ("od", "-An", "-v", "-tx1"),
    "od -tu1": ("od", "-v", "-tu1"),
    "od -to1": ("od", "-v", "-to1"),
    "hexdump -C": ("hexdump", "-v", "-C"),
    "xxd": ("xxd",),
    "od -x": ("od", "-v", "-x"),
    "od": ("od", "-v"),
    "od -c": ("od", "-v", "-c"),
    "hexdump -c": ("hexdump", "-v", "-c"),
}
REDACTED |= {name: tool(*command) for name, command in TOOLS.items() if shutil.which(command[0])}

# Encodings that are always found by the check.
CHECKED = {
    "base64 wrapped at 64": lambda s: wrapped(b64(s.encode()), 64),
    "base64 wrapped at 76": lambda s: base64.encodebytes(s.encode()).decode(),
    "docker configuration in base64": lambda s: b64(
        json.dumps({"auths": {"ghcr.io": {"auth": b64(b"user:" + s.encode())}}}).encode()
    ),
}

# Encodings without a guarantee.
UNGUARANTEED = {
    "upper case": lambda s: s.upper(),
    "lower case": lambda s: s.lower(),
    "reversed": lambda s: s[::-1],
    "quoted-printable": lambda s: quopri.encodestring(s.encode()).decode(),
    "first half": lambda s: s[: len(s) // 2],
    "one character per line": lambda s: "\n".join(s),
    "ascii85": lambda s: base64.a85encode(s.encode()).decode(),
    "base32": lambda s: base64.b32encode(s.encode()).decode(),
    "zlib": lambda s: zlib.compress(s.encode()),
    "gzip in base64": lambda s: b64(gzip.compress(s.encode())),
    "rot13": lambda s: codecs.encode(s, "rot13"),
}

assert (len(REDACTED | TOOLS), len(CHECKED), len(UNGUARANTEED)) == (77, 3, 11)


def field(r):
    """Returns a password, a token or a key as people choose them."""
    kind = r.randrange(4)
    if kind == 0:
        return "".join(r.choices(ALNUM, k=7)) + "#" + str(r.randrange(10))
    if kind == 1:
        return "".join(r.choices(string.ascii_lowercase, k=10)) + "@" + "".join(r.choices(ALNUM, k=4))
    if kind == 2:
        return "http" + "".join(r.choices(ALNUM, k=12))
    return "".join(r.choices(ALNUM + "-_", k=r.randint(12, 40)))


# Functions that return a container, and its secret fields.
CONTAINERS = {
    "url": lambda p: ("postgres://app:%s@db.example.com:5432/orders?sslmode=require" % urllib.parse.quote(p, safe=""), [p]),
    "url that is not escaped": lambda p: ("mysql://app:%s@db/orders" % p.replace("#", "x"), [p.replace("#", "x")]),
    "ado.net": lambda p: ("Server=tcp:db,1433;Database=orders;User ID=app;Password=%s;Encrypt=True;" % p, [p]),
    "azure storage": lambda p: (
        "DefaultEndpointsProtocol=https;AccountName=orders;AccountKey=%s;EndpointSuffix=core.windows.net" % b64(p.encode() * 4),
        [b64(p.encode() * 4)],
    ),
    "libpq": lambda p: ("host=db port=5432 dbname=orders user=app password=%s sslmode=require" % p, [p]),
    "env file": lambda p: ('# settings\nDB_HOST=db\nDB_PASSWORD="%s"\nexport API_TOKEN=%s\n' % (p, p[::-1]), [p, p[::-1]]),
    "yaml": lambda p: ("database:\n  host: db\n  username: app\n  password: '%s'\n  port: 5432\n" % p, [p]),
    "ini": lambda p: ("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = %s\n" % p, [p]),
    "toml": lambda p: ('[registry]\nname = "x"\ntoken = "%s"\n' % p, [p]),
    "user and password": lambda p: ("app:%s" % p, [p]),
    "bearer": lambda p: ("Bearer %s" % p, [p]),
    "header": lambda p: ("Authorization: Bearer %s\nX-Api-Key: %s\n" % (p, p[::-1]), [p, p[::-1]]),
    "basic": lambda p: ("Basic " + b64(("app:" + p).encode()), [p]),
    "pgpass": lambda p: ("db:5432:orders:app:%s\n" % p, [p]),
    "netrc": lambda p: ("machine github.com login app password %s\n" % p, [p]),
    "docker configuration": lambda p: (
        json.dumps({"auths": {"ghcr.io": {"auth": b64(("app:" + p).encode())}}}),
        [p, b64(("app:" + p).encode())],
    ),
    "json": lambda p: (
        json.dumps({"username": "app", "password": p, "host": "db.example.com", "engine": "postgres", "port": 5432}),
        [p],
    ),
    "vault": lambda p: (json.dumps({"role_id": "4a1b", "secret_id": p, "data": {"api_key": p[::-1]}}, indent=2), [p, p[::-1]]),
    "maven": lambda p: ("<settings><servers><server><id>x</id><password>%s</password></server></servers></settings>" % html.escape(p), [p]),
    "npmrc": lambda p: ("//registry.npmjs.org/:_authToken=%s\n" % p, [p]),
    "quotes": lambda p: ('"%s"' % p, [p]),
    "byte order mark": lambda p: ("\ufeff" + p, [p]),
}


def container(r):
    name = r.choice(sorted(CONTAINERS))
    value, fields = CONTAINERS[name](field(r))
    return {"name": name, "secret": value.encode().hex(), "fields": [field.encode().hex() for field in fields]}


def key(r):
    """Returns a key in some forms, and what is public of it."""
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

    kinds = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "x25519": x25519.X25519PrivateKey.generate,
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }
    kind = r.choice(sorted(kinds))
    private = kinds[kind]()
    if kind == "p256" and r.random() < 0.5:
        # One key in 256 has a number that begins with a zero.
        while private.private_numbers().private_value >> 248:
            private = kinds[kind]()
    plain = ser.NoEncryption()
    forms = {"PKCS8": ser.PrivateFormat.PKCS8}
    if kind in ("p256", "rsa"):
        forms["traditional"] = ser.PrivateFormat.TraditionalOpenSSL
    if kind != "x25519":
        forms["OpenSSH"] = ser.PrivateFormat.OpenSSH
    form = r.choice(sorted(forms))
    text = private.private_bytes(ser.Encoding.PEM, forms[form], plain)
    body = "".join(text.decode().split("\n")[1:-2])
    der = private.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, plain)
    leaks = {
        "one line": body,
        "wrapped": wrapped(body, 70),
        "indented": textwrap.indent(wrapped(body, 64), "    "),
        "hex of the DER": der.hex(),
        "DER": der,
        "base64 of the DER": b64(der),
    }
    if kind in ("ed25519", "x25519"):
        raw = private.private_bytes(ser.Encoding.Raw, ser.PrivateFormat.Raw, plain)
        leaks |= {"raw": raw, "raw in hex": raw.hex(), "raw in base64": b64(raw), "JWK": base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    else:
        numbers = private.private_numbers()
        number = numbers.d if kind == "rsa" else numbers.private_value
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        leaks |= {"number in hex": "%x" % number if len("%x" % number) % 2 == 0 else raw.hex(), "JWK": base64.urlsafe_b64encode(raw).decode()}
    public_key = private.public_key()
    public = [
        public_key.public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo),
        public_key.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo).hex().encode(),
        text.splitlines()[0],
    ]
    if kind != "x25519":
        public.append(public_key.public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH))
    other = kinds[kind]().private_bytes(ser.Encoding.PEM, forms[form], plain)
    public.append(other)
    return {
        "name": kind + " " + form,
        "secret": text.hex(),
        "leaks": {name: (leak if isinstance(leak, bytes) else leak.encode()).hex() for name, leak in leaks.items()},
        "public": [part.hex() for part in public],
    }


def texts(encodings, secret):
    encoded = {name: encode(secret) for name, encode in encodings.items()}
    return {name: (text if isinstance(text, bytes) else text.encode()).hex() for name, text in encoded.items()}


for line in sys.stdin:
    question = json.loads(line)
    r = random.Random(question["seed"])
    if question["kind"] in ("container", "key"):
        print(json.dumps(container(r) if question["kind"] == "container" else key(r)))
        continue
    secret = KINDS[question["kind"]](r)
    answer = {
        "secret": secret.encode().hex(),
        "redacted": texts(REDACTED, secret),
        "checked": texts(CHECKED, secret),
        "unguaranteed": texts(UNGUARANTEED, secret),
    }
    print(json.dumps(answer))
