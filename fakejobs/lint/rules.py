"""The table of all rules: what each one finds, what to send instead.

How each fact behind them is known stands where the fact does: with the parameters and the endpoints.
"""

from __future__ import annotations

from typing import NamedTuple

from fakejobs.lint import habits, names, tags, values
from fakejobs.lint.asked import Check
from fakejobs.lint.findings import Code


class Rule(NamedTuple):
    """One rule, as the documents tell it in Markdown. example: what it finds. meaning: what becomes of that. instead: what to send.

    check: finds it in a call.
    """

    code: Code
    example: str
    meaning: str
    instead: str
    check: Check


RULES: tuple[Rule, ...] = (
    Rule(
        Code.TAGS_IN_ONE,
        "`has_tag=a,b`",
        "It asks for the one tag `a,b`. Not found where a job has such a tag.",
        "`has_tag=a`, `has_tag=b`",
        tags.in_one,
    ),
    Rule(
        Code.TAGS_AS_LIST,
        '`add_tag=["a", "b"]`',
        "The list as text is one tag; so in `has_tag`, `lacks_tag` and `remove_tag`.",
        "`add_tag=a`, `add_tag=b`",
        tags.as_list,
    ),
    Rule(
        Code.ARRAY_NAME,
        "`add_tag[0]=a`, `job[]=1/2/3`",
        "The name with its brackets is another name: it is ignored, or by run.json taken for an argument of the spider.",
        "`add_tag=a`, `job=1/2/3`",
        names.arrays,
    ),
    Rule(
        Code.ARGUMENTS_IN_ONE,
        '`spider_args={"page": 2}`, `args=...`',
        "run.json makes it one argument of that name.",
        "`page=2`",
        names.arguments_in_one,
    ),
    Rule(
        Code.UNKNOWN_PARAMETER,
        "`tag=a`, `limit=10`",
        "The endpoint passes over it, so that the answer is another than was meant.",
        "`has_tag=a`, `count=10`",
        names.unknown,
    ),
    Rule(
        Code.PARAMETER_IN_QUERY,
        "`POST run.json?project=123`",
        "A POST of dash reads its form alone.",
        "`project=123` in the form",
        names.in_query,
    ),
    Rule(
        Code.OTHER_PROJECT,
        "`project=123`, `job=124/1/1`",
        "The job is not looked for in its own project, and is ignored.",
        "`project=124`",
        values.other_projects,
    ),
    Rule(
        Code.SPIDER_NUMBER,
        "`spider=1`",
        "It is read as a name. Found where a spider has that number; not where the test has a spider of that name.",
        "`spider=books`, or in run.json `jobq_id=1`",
        values.spider_numbers,
    ),
    Rule(
        Code.NUMBER_SPELLING,
        "`count=+2`, `priority=2.0`",
        "Only digits are known to be read.",
        "`count=2`, `priority=2`",
        values.numbers,
    ),
    Rule(
        Code.KEY_IN_URL,
        "`?apikey=...`",
        "It works, and every proxy on the way writes the key into its log. Not found in v2/users/me, where shub sends it so.",
        "the key as the user name of Basic credentials",
        habits.key_in_url,
    ),
    Rule(
        Code.LIST_WITHOUT_COUNT,
        "`jobs/list.json` without `count`",
        "Found when the answer has more than 1,000 jobs: the service promises no such answer.",
        "`count` and `offset`",
        habits.without_count,
    ),
    Rule(
        Code.UNKNOWN_STATE,
        "`state=cancelled`",
        "There is no such state, on this path.",
        "`pending`, `running`, `finished`, `deleted`",
        values.states,
    ),
    Rule(
        Code.SAME_LIST_AGAIN,
        "20 times the same list of jobs",
        "Nothing happened between, and the answer was the same: on the real service a loop without a pause.",
        "a pause between two looks",
        habits.again,
    ),
)
"""Every rule, in the order in which they look at a call."""
