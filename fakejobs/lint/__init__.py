"""The lint: what clients send that the service takes without a word and does not do as they mean it.

    mode.py      what becomes of findings: report, fail, off
    findings.py  Code and Finding; findings as text, those that say the same once
    screen.py    the first look, which lets plain calls through: without it the rules would be loaded for every test
    bounds.py    what the first look and the rules go by alike
    asked.py     a call as the rules look at it, and what they may ask of the fake
    tags.py      rules about tags: several in one value
    names.py     rules about the names of parameters: unknown ones, arrays, arguments in one, a query that is not read
    values.py    rules about values: numbers, states, spiders, keys of jobs
    habits.py    rules about habits: keys in URLs, lists without count, the same list again and again
    rules.py     the table of all rules
    linter.py    every call with every rule

Nothing here works while a call is served: findings are made of the journal when somebody reads them. A rule speaks only where
it is sure; what the official clients send is never found.
"""
