"""The head of test files that explore: a client that looks at every answer, and a scheduler that tries again, rightly or not."""

from __future__ import annotations

SHOP = '''
import pytest
import requests

SOME = (requests.RequestException, ValueError)


def call(fake, path, **form):
    """Ask once; a form is posted, and no form at all is a GET of a project's listing."""
    url, auth = fake.api_url + path, (fake.key, "")
    with requests.Session() as session:
        answer = session.post(url, data=form, auth=auth) if form else session.get(url, params={"project": 1}, auth=auth)
        if answer.status_code >= 500:
            raise requests.HTTPError(f"{answer.status_code} for {answer.url}")
        return answer.json()


def schedule(fake, spider="books"):
    """Schedule once, and again if the first answer does not come; a refused duplicate is nobody's failure."""
    try:
        return call(fake, "run.json", project=1, spider=spider)
    except SOME:
        return call(fake, "run.json", project=1, spider=spider)


def listed(fake):
    try:
        return call(fake, "jobs/list.json")["jobs"]
    except SOME:
        return call(fake, "jobs/list.json")["jobs"]


'''
