"""What it means when a bucket refuses, and what to type; never a word of the answer itself, which may quote a key."""

from __future__ import annotations

import re
from typing import NoReturn

CURE_FOR_CREDENTIALS = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
NO_BUCKET = "<Code>NoSuchBucket<"
_CODE = re.compile(r"<Code>([A-Za-z]{3,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3}(?: [A-Za-z]+){0,4})")
_CREDENTIALS = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|InvalidToken|ExpiredToken|status code: 40[13]"
)
_REGION = re.compile(r"PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|incorrectly configured")
_SILENCE = re.compile(r"kind: (?:Connect|Timeout|Request)|error sending request|timed out|dns error", re.IGNORECASE)


def raise_alone(error: Exception) -> NoReturn:
    """Raise an error without the one that led to it, which would travel along where tblib pickles errors."""
    try:
        raise error
    finally:
        error.__context__ = None


def refusal(address: str, bucket: str, at: str, reason: BaseException) -> str:
    """One sentence for what the service ``at`` an endpoint refuses, and one for what to type."""
    text = str(reason)
    code = (_CODE.search(text) or _STATUS.search(text) or [None, type(reason).__name__])[1]
    if NO_BUCKET in text:
        return (
            f"the store cannot be at {address}: {at} has no bucket {bucket}. "
            f"Create it (aws s3 mb s3://{bucket}), or set AWS_ENDPOINT_URL if it is elsewhere."
        )
    if "169.254.16" in text or "169.254.17" in text:  # where a machine of Amazon's would find its own credentials
        return f"no credentials were found for the store {address}. {CURE_FOR_CREDENTIALS}"
    if "RequestTimeTooSkewed" in text:
        return f"{at} refuses the store {address}: this machine's clock is wrong. Set it."
    if _REGION.search(text):
        return f"the store {address} is in another region ({code}). Set AWS_REGION to the bucket's."
    if _CREDENTIALS.search(text):
        return f"{at} refuses the credentials for the store {address} ({code}). {CURE_FOR_CREDENTIALS}"
    if _SILENCE.search(text):
        return f"nothing answers at {at}, where the store {address} should be. Set AWS_ENDPOINT_URL, or try again."
    if isinstance(reason, FileNotFoundError):
        return f"what answers at {at} is no S3: the store {address} cannot be there. Set AWS_ENDPOINT_URL."
    return f"{at} fails for the store {address} ({code}). Try again, or look at the service."
