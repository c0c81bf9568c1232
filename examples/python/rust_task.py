"""A pipeline in Python that calls a Rust task with a secret. The task has an image.

    pip install flyteplugins-rs==0.0.3
    cargo build
    flyte create secret my_secret
    flyte run rust_task.py pipeline --table users

`rust_task` reads the name, the inputs and the outputs of the task from the program: it runs `count_rows describe-interface`, and writes
the answer to `_generated_interface.py`, which the pod of the pipeline reads. In the image, the program is `/usr/local/bin/count_rows`.
"""

from pathlib import Path

import flyte
import flyteplugins_rs as rs

count_rows, count_rows_env = rs.rust_task(
    crate_dir=Path(__file__).parent,
    binary="count_rows",
    image=flyte.Image.from_base("ghcr.io/me/count_rows:1"),
    # The variable in which the task looks up its secret. A pod removes it from its environment before `main`.
    secrets=flyte.Secret("my_secret", as_env_var="_UNION_MY_SECRET"),
)

env = flyte.TaskEnvironment("rust_task", depends_on=[count_rows_env])


@env.task
async def pipeline(table: str) -> str:
    """Counts the rows of a table in Rust."""
    return f"{table} has {await count_rows(table=table)} rows"
