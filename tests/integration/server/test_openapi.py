"""Whatever fits the OpenAPI document, or just does not, is never answered by a failure."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.integration.server.served import make_index, serve

EXAMPLES = 40
"""Of each operation, that many that fit and that many that do not."""


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_it_fail(tmp_path: Path, mode: GenerationMode) -> None:
    served = serve(*make_index(tmp_path), hosts=None)
    document = schemathesis.openapi.from_asgi("/openapi.json", served.client.app)
    asked = set()
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answered(case: schemathesis.Case) -> None:
            asked.add(case.operation.label)
            case.call_and_validate(checks=[not_a_server_error, response_schema_conformance])

        with suppress(Unsatisfiable):  # nothing is wrong with what takes nothing
            answered()
    assert {"POST /v1/search", "POST /v1/images", "GET /v1/images/{image_id}/file"} <= asked
    assert served.service.close(5)
