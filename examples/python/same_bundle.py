"""A pipeline in Python that calls a Rust task with a secret. The program lies in the code bundle, and needs no image of its own.

    RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --target x86_64-unknown-linux-gnu
    cp target/x86_64-unknown-linux-gnu/release/count_rows .
    flyte create secret my_secret
    flyte run same_bundle.py pipeline --table users

`sealkit_resolver.py` starts the program in a pod of the Python image, which may have an older C library: so the program is linked
statically.
"""

from inspect import Parameter

import flyte
from flyte.extend import RuntimeTaskTemplate
from flyte.models import NativeInterface

import sealkit_resolver


class Program(sealkit_resolver.Resolver):
    """The program in the bundle."""

    import_path = "sealkit_resolver.Resolver"

    def loader_args(self, task, root_dir):
        return ["--", "count_rows", "execute", "--task", task.short_name]


image = flyte.Image.from_debian_base()

count_rows = RuntimeTaskTemplate(
    name="same_bundle.count_rows",
    short_name="count_rows",
    # As `count_rows describe-interface` prints it.
    interface=NativeInterface.from_types({"table": (str, Parameter.empty)}, {"o0": int}),
    image=image,
    # The variable in which the task looks up its secret. A pod removes it from its environment before `main`.
    secrets=flyte.Secret("my_secret", as_env_var="_UNION_MY_SECRET"),
    task_resolver=Program(),
    parent_env_name="same_bundle",
)

env = flyte.TaskEnvironment("same_bundle", image=image, include=("count_rows",))


@env.task
async def pipeline(table: str) -> str:
    """Counts the rows of a table in Rust."""
    return f"{table} has {await count_rows(table=table)} rows"
