"""What a search is asked, wherever it is asked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from inbox_projection.api.models.common import Text
from inbox_projection.views.search.language import LONGEST_QUERY

Sought = Annotated[
    Text,
    StringConstraints(max_length=LONGEST_QUERY),
    Field(
        description='Words, beginnings of words (from 3 characters on by themselves, shorter with a *), "phrases",'
        " -without, #number, and from: to: subject: assignee: label: inbox: channel: before: after: is: has:attachment."
        " Case and accents make no difference. What is spam or in the trash is found with is:spam, is:trash."
    ),
]
