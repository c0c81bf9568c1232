"""A fake S3 with one bucket and one user, whose signatures are checked; it ends when its standard input does.

The first line that it writes is JSON with its port and the keys of the user. Then it answers a JSON line with a JSON line:
{"put": KEY, "bytes": HEX} stores an object, {"get": KEY} gives its bytes, or null where there is none.
"""

import json
import os
import sys

# The calls before signatures count: those that set it up.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
# No proxy knows the way to it.
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
    else:
        try:
            answer = s3.get_object(Bucket="flyte", Key=question["get"])["Body"].read().hex()
        except s3.exceptions.NoSuchKey:
            answer = None
    print(json.dumps(answer), flush=True)
