"""Does what the official launcher of Rust tasks does with an interface: one JSON question and answer per line.

A question contains the interface as `describe-interface` prints it, and optionally `values`, which are encoded as inputs, or `outputs`,
which are decoded.
"""

import asyncio
import json
import sys

from flyte._internal.runtime import convert
from flyte._internal.runtime.types_serde import transform_native_to_typed_interface
from flyteidl2.core.types_pb2 import SimpleType
from flyteidl2.task.common_pb2 import Outputs
from flyteplugins_rs import SUPPORTED_DESCRIPTOR_VERSION, native_interface


def simple_types(variables):
    return {entry.key: SimpleType.Name(entry.value.type.simple) for entry in variables.variables}


def answer(question):
    descriptor = question["interface"]
    assert descriptor["flyte_interface_version"] == SUPPORTED_DESCRIPTOR_VERSION
    try:
        interface = native_interface(descriptor)
    except RuntimeError as error:
        return {"error": str(error)}
    if "values" in question:
        inputs = asyncio.run(convert.convert_from_native_to_inputs(interface, **question["values"]))
        return inputs.proto_inputs.SerializeToString().hex()
    if "outputs" in question:
        outputs = Outputs.FromString(bytes.fromhex(question["outputs"]))
        return asyncio.run(convert.convert_outputs_to_native(interface, convert.Outputs(outputs)))
    typed = transform_native_to_typed_interface(interface)
    return {"inputs": simple_types(typed.inputs), "outputs": simple_types(typed.outputs)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
