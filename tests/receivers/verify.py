"""Verifies signed webhooks with the official library (v1) and with plain ed25519 (v1a, which no official
library has).

Standard input: {"secret": "whsec_…", "public": "whpk_…", "requests": [{"headers": {…}, "body": text}]}
Standard output: {"v1": verified, "v1a": verified, "refused": of the same bodies changed by one byte}
"""

import base64
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def v1(secret, headers, body):
    try:
        Webhook(secret).verify(body.decode(), headers)
        return True
    except WebhookVerificationError:
        return False


def v1a(public, headers, body):
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for signature in headers["webhook-signature"].split(" "):
        version, _, encoded = signature.partition(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(encoded), signed)
            return True
        except InvalidSignature:
            pass
    return False


def main():
    told = json.load(sys.stdin)
    counts = {"v1": 0, "v1a": 0, "refused": 0}
    for request in told["requests"]:
        headers, body = request["headers"], request["body"].encode()
        changed = body.replace(b'"version":"4"', b'"version":"5"')
        assert changed != body
        counts["v1"] += v1(told["secret"], headers, body)
        counts["v1a"] += v1a(told["public"], headers, body)
        counts["refused"] += not (
            v1(told["secret"], headers, changed) or v1a(told["public"], headers, changed)
        )
    print(json.dumps(counts))


main()
