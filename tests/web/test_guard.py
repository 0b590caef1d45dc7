"""Who may change something: no page of another site, and beyond loopback nobody, on routes of later days too."""

import pytest

from tests.market import hub
from tests.web.test_api import JSON, client_of


@pytest.mark.parametrize("path", ["/api/orders", "/api/not-yet-made", "/_dash-update-component", "/elsewhere"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_whatever_is_no_mere_read_is_refused_to_another_site_whichever_its_path(method: str, path: str) -> None:
    client = client_of(hub())
    for site in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = client.request(method, path, headers=JSON | site)
        assert (answer.status_code, answer.json()["error"]) == (403, "origin")


def test_beyond_loopback_the_page_is_still_refreshed() -> None:
    with client_of(hub(), "--host", "0.0.0.0") as client:
        assert client.post("/_dash-update-component", json={}).status_code != 403
        assert client.post("/api/not-yet-made", json={}).json()["error"] == "read_only"
