# What `count_rows describe-interface` prints. The launcher updates it when the program changes; pods without the program read it.
DESCRIPTOR = {
    "flyte_interface_version": 1,
    "task": "count_rows",
    "inputs": [{"name": "table", "type": "string"}],
    "outputs": [{"name": "o0", "type": "integer"}],
}
