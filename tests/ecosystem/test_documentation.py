"""The examples of the pages whose libraries only these tests have."""

from __future__ import annotations

from pathlib import Path

import pytest
import storelink
from documentation import NEED_ECOSYSTEM, Example, Runner, examples
from servers import sigv4

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = [
    example for page in NEED_ECOSYSTEM for example in examples(page, (REPOSITORY / page).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_documentation(example: Example, s3_environment: dict[str, str], tmp_path: Path) -> None:
    keys = (s3_environment["STORELINK_TEST_S3_ACCESS_KEY_ID"], s3_environment["STORELINK_TEST_S3_SECRET_ACCESS_KEY"])
    endpoint = s3_environment["STORELINK_TEST_S3_ENDPOINT"]
    assert sigv4.request("PUT", f"{endpoint}/bucket", *keys) in (200, 409)
    variables = {
        "AWS_ENDPOINT": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
    }
    Runner(tmp_path, tmp_path, str(Path(storelink.__file__).parents[1]), variables).run(example)
