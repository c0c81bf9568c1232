"""Reads a store as `crates/sealkit-store/FORMAT.md` specifies, with the cryptography of libsodium."""

import hashlib
import hmac
import json
import os
import sys

from nacl import bindings


def hkdf(key, salt, info, length):
    """RFC 5869, for outputs of at most one block."""
    extracted = hmac.digest(salt, key, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]


def read_key(path, passphrase):
    with open(path, encoding="ascii") as file:
        first, digits = file.read().splitlines()
    data = bytes.fromhex(digits)
    if first == "sealkit-key 1 plain":
        return data
    title, number, algorithm, *parameters = first.split(" ")
    assert (title, number, algorithm) == ("sealkit-key", "1", "argon2id")
    return decrypt(data[24:], first.encode(), data[:24], passphrase_key(passphrase, parameters))


def passphrase_key(passphrase, parameters):
    cost = dict(parameter.split("=") for parameter in parameters)
    return bindings.crypto_pwhash_alg(
        32,
        passphrase.encode(),
        bytes.fromhex(cost["salt"]),
        int(cost["t"]),
        int(cost["m"]) * 1024,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )


def decrypt(ciphertext, associated_data, nonce, key):
    return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, associated_data, nonce, key)


def shard_of(group, key):
    digest = 0x811C9DC5
    for byte in f"{group}/{key}".lower().encode():
        digest = (digest ^ byte) * 0x01000193 % 2**32
    return f"{(digest ^ digest >> 16) % 64:02x}"


def read_record(path, name, scope, store_id, key):
    with open(path, "rb") as file:
        data = file.read()
    prefix, group, secret, version, created, type_name = name.split(".")
    assert prefix == "k"
    header = data[:56]
    assert header[:5] == b"SEC1\x01"
    assert header[6:8] == b"\x01\x00"
    assert header[24:32] == bytes(8)
    assert int.from_bytes(header[8:16], "little") == int(version)
    assert int.from_bytes(header[16:24], "little") == int(created)
    associated_data = b"sealkit-store 1" + header + store_id
    for part in (scope, group, secret):
        associated_data += bytes([len(part)]) + part.encode()
    plaintext = decrypt(data[56:], associated_data, header[32:56], key)
    length = int.from_bytes(plaintext[:4], "little")
    value, zeros = plaintext[4 : 4 + length], plaintext[4 + length :]
    assert len(value) == length
    assert not any(zeros)
    if len(plaintext) <= 4096:
        assert len(plaintext) % 256 == 0
    flags = header[5]
    assert type_name == ("deleted" if flags & 1 else "image_pull" if flags & 4 else "generic")
    return {
        "scope": scope,
        "group": group or None,
        "key": secret,
        "version": int(version),
        "type": type_name,
        "kind": "bytes" if flags & 2 else "text",
        "value": value.hex(),
    }


def read_store(request):
    directory = request["directory"]
    key = read_key(request["key_file"], request["passphrase"])
    with open(os.path.join(directory, "FORMAT"), encoding="ascii") as file:
        title, id_line, key_line = file.read().splitlines()
    assert title == "sealkit-store 1"
    store_id = bytes.fromhex(id_line.removeprefix("id "))
    check = bytes.fromhex(key_line.removeprefix("key "))
    assert hkdf(key, store_id, b"sealkit-store 1 check", 8) == check
    record_key = hkdf(key, store_id, b"sealkit-store 1 records", 32)
    records = []
    for scope in os.listdir(directory):
        if scope in ("FORMAT", "lock", "tmp"):
            continue
        for shard in os.listdir(os.path.join(directory, scope)):
            for name in os.listdir(os.path.join(directory, scope, shard)):
                record = read_record(os.path.join(directory, scope, shard, name), name, scope, store_id, record_key)
                assert shard == shard_of(record["group"] or "", record["key"])
                records.append(record)
    return sorted(records, key=lambda r: (r["scope"], r["group"] or "", r["key"], -r["version"]))


def read_export(request):
    with open(request["export"], "rb") as file:
        first_line, data = file.read().split(b"\n", 1)
    title, number, algorithm, *parameters = first_line.decode("ascii").split(" ")
    assert (title, number, algorithm) == ("sealkit-export", "1", "argon2id")
    key = passphrase_key(request["passphrase"], parameters)
    data = decrypt(data[24:], first_line + b"\n", data[:24], key)
    secrets = []
    while data:
        flags, data, fields = data[0], data[1:], []
        for _ in range(5):
            length = int.from_bytes(data[:4], "little")
            field, data = data[4 : 4 + length], data[4 + length :]
            assert len(field) == length
            fields.append(field)
        domain, project, group, name = (field.decode("ascii") or None for field in fields[:4])
        secrets.append(
            {
                "scope": "/".join(filter(None, (domain, project))),
                "group": group,
                "key": name,
                "version": 0,
                "type": "image_pull" if flags & 4 else "generic",
                "kind": "bytes" if flags & 2 else "text",
                "value": fields[4].hex(),
            }
        )
    return secrets


for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(read_export(request) if "export" in request else read_store(request)))
