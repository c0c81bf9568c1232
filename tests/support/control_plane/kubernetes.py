"""What Kubernetes and Linux do to the variables of a container."""

from collections.abc import Iterable

# Linux passes no longer variable or argument to a process.
LONGEST_STRING = 128 << 10


class NeverStarts(Exception):
    """A container that is created again forever, because its process cannot be started."""


def container_environment(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the environment of a container. A value can refer to the variables before it, and the last value of a name is used."""
    environment: dict[str, str] = {}
    for name, value in pairs:
        environment[name] = expand(value, environment)
    check_lengths(f"{name}={value}" for name, value in environment.items())
    return environment


def check_lengths(strings: Iterable[str]) -> None:
    """Raises NeverStarts if Linux rejects a variable or an argument, which ends with a zero byte."""
    if any(len(string.encode()) >= LONGEST_STRING for string in strings):
        raise NeverStarts


def expand(text: str, environment: dict[str, str]) -> str:
    """Expands `$(NAME)`, and `$$` to `$`, as `third_party/forked/golang/expansion` of Kubernetes does."""
    source, expanded, at = text.encode(), bytearray(), 0
    while at < len(source):
        following = source[at + 1 : at + 2]
        if source[at : at + 1] != b"$" or not following:
            expanded += source[at : at + 1]
            at += 1
            continue
        closer = source.find(b")", at + 2) if following == b"(" else -1
        if closer >= 0:
            reference = source[at + 2 : closer].decode()
            expanded += environment.get(reference, f"$({reference})").encode()
            at = closer + 1
            continue
        # Kubernetes takes the byte after an operator for a character.
        expanded += b"$" if following == b"$" else b"$" + chr(following[0]).encode()
        at += 2
    return expanded.decode(errors="replace")
