"""Libraries are imported by those who use them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.once


@pytest.mark.parametrize("module", ["storelink", "storelink.auth", "storelink.auth.earthdata"])
def test_without_a_provider_no_library_is_imported(module: str, run_python: Callable[..., str]) -> None:
    libraries = ["aiohttp", "aiohttp_retry", "azure", "boto3", "botocore", "dotenv", "google", "requests", "urllib3"]
    code = f"import sys, {module}; print([name for name in {libraries} if name in sys.modules])"
    assert run_python(code) == "[]\n"


@pytest.mark.parametrize(
    ("module", "later"),
    [("planetary_computer", ["aiohttp", "requests", "dotenv"]), ("google", ["aiohttp", "requests"])],
)
def test_http_libraries_are_imported_by_providers(
    module: str, later: list[str], run_python: Callable[..., str]
) -> None:
    code = f"import sys, storelink.auth.{module}; print([name for name in {later} if name in sys.modules])"
    assert run_python(code) == "[]\n"


@pytest.mark.parametrize("module", ["azure", "boto3", "google"])
def test_a_library_that_is_missing_is_named(module: str, run_python: Callable[..., str]) -> None:
    code = (
        f"import sys\nsys.modules[{module!r}] = None\n"
        f"try:\n    import storelink.auth.{module}\nexcept ImportError as error:\n    print(error.name)\n"
    )
    assert run_python(code).split(".")[0].strip() == module


@pytest.mark.parametrize(("library", "name"), [("requests", ""), ("aiohttp", "Async")])
def test_a_provider_without_its_http_library_is_an_import_error(
    library: str, name: str, run_python: Callable[..., str]
) -> None:
    code = (
        f"import sys\nsys.modules[{library!r}] = None\nfrom storelink.auth.earthdata import *\n"
        f"try:\n    NasaEarthdata{name}CredentialProvider('https://example.com')\n"
        "except ImportError as error:\n    print(error.name)\n"
    )
    assert run_python(code).split(".")[0].strip() == library
