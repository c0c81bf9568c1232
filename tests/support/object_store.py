"""A fake S3 server with one bucket and one user, which checks signatures and exits at the end of standard input.

The first line of its output is JSON with its port and the keys of the user. Each further line answers a line of input:
{"put": KEY, "bytes": HEX} stores an object, {"get": KEY} returns its bytes or null, {"list": PREFIX} returns the keys of objects and
of uploads that are not complete, one per line.
"""

import json
import os
import sys

# The first calls set up the user, so they have no valid signature.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
# The server is local: use no proxy.
os.environ["NO_PROXY"] = "127.0.0.1"

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()


def client(service, key="setup", secret="setup"):
    return boto3.client(
        service,
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}),
    )


client("s3").create_bucket(Bucket="flyte")
iam = client("iam")
iam.create_user(UserName="pod")
keys = iam.create_access_key(UserName="pod")["AccessKey"]
allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
iam.put_user_policy(UserName="pod", PolicyName="pod", PolicyDocument=policy)

s3 = client("s3", keys["AccessKeyId"], keys["SecretAccessKey"])
print(json.dumps({"port": port, "access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}), flush=True)

for line in sys.stdin:
    question = json.loads(line)
    if "put" in question:
        s3.put_object(Bucket="flyte", Key=question["put"], Body=bytes.fromhex(question["bytes"]))
        answer = None
    elif "list" in question:
        objects = s3.list_objects_v2(Bucket="flyte", Prefix=question["list"]).get("Contents", [])
        uploads = s3.list_multipart_uploads(Bucket="flyte", Prefix=question["list"]).get("Uploads", [])
        answer = "\n".join([found["Key"] for found in objects] + [f"incomplete {found['Key']}" for found in uploads])
    else:
        try:
            answer = s3.get_object(Bucket="flyte", Key=question["get"])["Body"].read().hex()
        except s3.exceptions.NoSuchKey:
            answer = None
    print(json.dumps(answer), flush=True)
