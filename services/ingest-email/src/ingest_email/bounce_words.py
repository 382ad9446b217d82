"""How mail servers say that a mail was not delivered, or not yet, in the languages they speak."""

from __future__ import annotations

import re
from typing import Final

FAILED: Final = re.compile(
    r"(?:could|can|did) ?not (?:be )?(?:deliver|reach|found|sent)|cannot be (?:delivered|sent)|can't be delivered"
    r"|wasn't able to deliver|(?:was|were|been|is) (?:not|unable to be) (?:be )?(?:delivered|reached)"
    r"|unable to (?:deliver|relay|send)|undeliver|not deliver(?:ed|able)|non-?deliver"
    r"|delivery (?:to .{1,200} )?(?:has )?(?:been )?(?:failed|failure|aborted|errors?)|failed (?:to deliver|delivery)"
    r"|permanent (?:fatal )?(?:error|failure)|fatal error|transcript of session|message (?:was )?returned"
    r"|returned (?:mail|message)|has been rejected|was rejected|rejected by"
    r"|(?:user|recipient|mailbox|host|account|address) (?:\S+ )?(?:is |was |has been )?(?:unknown|not found|unavailable"
    r"|doesn't exist|does not exist|disabled|invalid|inactive|rejected|full|over quota|exceeded)"
    r"|(?:unknown|invalid|no such|bad|illegal) (?:\S+ )?(?:user|recipient|mailbox|address|host|account|alias)"
    r"|(?:doesn't|does not|don't) have an? (?:\S+ )?account|not a valid (?:user|address|recipient)|quota exceeded"
    r"|exceeded (?:\S+ )?quota|mail ?box (?:space|is full)|no longer (?:valid|active|in use|accept|works?|available)"
    r"|not known at|not listed in|undelivered|error sending|problem delivering|is not accepting|addresses? had"
    r"|nicht zu(?:ge)?stell|unzustellbar|konnte nicht|non remis|n'a pas pu être|pas été (?:délivré|distribué|remis)"
    r"|no se (?:ha podido|pudo|puede) entregar|não (?:foi|pôde ser|pode ser) entregue"
    r"|non è stato (?:possibile|recapitato)|impossibile (?:recapitare|consegnare)"
    r"|niet (?:worden )?(?:bezorgd|afgeleverd)"
    r"|kunde inte (?:levereras|leverera)"
    r"|nie (?:mogła|może|można|został\w?) (?:\w+ )?dostarcz|niedostarcz|nepodařilo se doručit|nebylo možné doručit"
    r"|не (?:было |может быть |удалось )?достав|недоставлен|無法|配信できません|送信できません|退信|无法投递",
    re.IGNORECASE,
)
"""Needs a second sign: people write such words too."""

DELAYED: Final = re.compile(
    r"not (?:yet )?(?:been|be) delivered (?:to .{1,80} )?(?:after|for) more than|(?:has|have) not yet (?:been|received)"
    r"|warning (?:message )?only|only a (?:warning|notification about a delay)|just a warning"
    r"|(?:has|have) been (?:delayed|postponed|deferred)|delivery (?:is |was )?(?:delayed|postponed|deferred)"
    r"|(?:noch|bisher) nicht zugestellt|verzögert|retardée?|ha sido retrasado|opóźnion|opożnion"
    r"|nie została jeszcze|vertraagd|задержан",
    re.IGNORECASE,
)
PUT_OFF: Final = re.compile(
    r"(?:will|we'll|shall) (?:continue|keep|be retried|try again|be re-?tried)|(?:delivery )?attempts will continue"
    r"|still (?:being )?(?:retr|try|await)|no action is required|do not need to (?:resend|take any action)"
    r"|wird weiter(?:hin)? versucht|es wird weiter|nouvelle tentative|se seguirá intentando|kolejne próby",
    re.IGNORECASE,
)
WARNED: Final = re.compile(
    r"\s*(?:warning: (?:message|could not send|mail|e-?mail)|(?:mail|message)? ?(?:delivery )?delayed|delayed mail"
    r"|delivery delay|delivery status notification \(.{0,20}delay|mail delivery warning|message (?:.{1,100} )?delayed"
    r"|.{0,60}still being retried|zustellung verzögert|verzögerte zustellung|opóźnienie|remise (?:retardée|différée))",
    re.IGNORECASE,
)
