"""How mailers announce what they quote, in the languages they speak: "On … wrote:", "From: … Sent: …" and the like.

Attribution lines as Gmail, Outlook, Apple Mail, Thunderbird, Yahoo, GMX and mobile mailers write them.
"""

from __future__ import annotations

import re
from typing import Final

MAX_ATTRIBUTION_LINES: Final = 4
MAX_ATTRIBUTION: Final = 500


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split(","))


# The last or, in some languages, a middle word of an attribution; each must stand beside an address, date or time.
_VERBS: Final = (
    r"wrote|writes|schrieb|geschrieben|napisał(?:a|\(a\)|/a|\(-a\)|o)?|pisze|napisali|a écrit|ecrit|a ecrit|écrit"
    r"|escribió|escribio|ha escrito|escreveu|ha scritto|scrive|schreef|geschreven|skrev|kirjoitti|napsal(?:a|\(a\))?"
    r"|napísal(?:a|\(a\))?|ezt írta|írta|a scris|yazdı|şunu yazdı|έγραψε|пишет|написал(?:а|\(а\)|и)?|писал(?:а|\(а\))?"
    r"|пише|написав(?:\(ла\))?|писа|пише|написа|je napisao/la|je napisao|je napisala|napisao|rakstīja|rašė|kirjutas"
    r"|đã viết|menulis|เขียนว่า|写道|寫道|のメール|さんは書きました|wrote on|님이 작성|작성|ha escrit"
    r"|כתב(?:/ה|ה)?|כתבה|كتب"
    r"|użytkownik|wiadomość napisana przez"
)
_VERB = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|のメール|작성", re.IGNORECASE)
_ENDS_WITH_VERB = re.compile(rf"(?:(?<!\w)(?:{_VERBS})|写道|寫道|のメール|작성)[\s>*_]*[:：]\s*$", re.IGNORECASE)
_OPENERS: Final = _words(
    "on,am,le,el,il,em,op,den,dne,dňa,dnia,w,på,pe,vào,pada,de,a,kl,at,в,στις,с,wiadomość,użytkownik,quoting,citando"
    ",zitat,citat,mon,tue,wed,thu,fri,sat,sun,pon,wt,śr,czw,pt,sob,niedz,lun,mar,mié,jue,vie,sáb,dom,mer,jeu,ven,sam"
    ",dim,mo,di,mi,do,fr,sa,so,пн,вт,ср,чт,пт,сб,вс,нд"
)
_BETWEEN_DASHES = re.compile(
    rf"-{{3,20}} ?(?:\w{{1,9}}\.? )?\w.{{0,200}}\d.{{0,200}}(?:{_VERBS}) ?-{{2,20}}", re.IGNORECASE
)
_WHEN_OR_WHO = re.compile(r"\d|@")
_MAILBOX = re.compile(r"<[^<>\s]{1,200}@[^<>\s]{1,200}>")
_BARE_GMAIL = re.compile(
    r"(?:\w{2,12}\.?,? )?\d{1,4}[-/. 年].{3,60}\d{1,2}[:.]\d{2}.{0,60}<\s?[^<>\s]{1,200}@[^<>\s]{1,200}>\s*[:：]$"
)

_ORIGINAL = re.compile(
    r"[\s>*]*[-_=]{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht"
    r"|originalnachricht|original-nachricht|antwort nachricht"
    r"|message d['’]origine|message original|mensaje original|mensagem original"
    r"|messaggio originale|oorspronkelijk bericht|oryginalna wiadomość|wiadomość oryginalna|wiadomość pierwotna"
    r"|treść oryginalnej wiadomości|ursprungligt meddelande|originalmeddelande|oprindelig meddelelse"
    r"|opprinnelig melding"
    r"|alkuperäinen viesti|původní zpráva|pôvodná správa"
    r"|eredeti üzenet|mesaj original|orijinal mesaj"
    r"|αρχικό μήνυμα"
    r"|исходное сообщение|оригинальное сообщение|вихідне повідомлення|tin nhắn gốc|pesan asli"
    r"|原始邮件|原始郵件|邮件原件"
    r"|元のメッセージ|원본 메시지)\b[^\n]{0,40}?[-_=]*\s*$",
    re.IGNORECASE,
)
_FROM_FIELDS: Final = _words(
    "from,von,gesendet von,de,od,da,van,från,fra,lähettäjä,odesílatel,od koho,odosielateľ,feladó,от,от кого,від"
    ",发件人,寄件者,差出人,보낸 사람,보낸사람,kimden,từ,dari,expéditeur,remitente,mittente,remetente"
)
_TELLING_FIELDS: Final = _words(
    "subject,betreff,objet,asunto,assunto,oggetto,temat,onderwerp,ämne,emne,aihe,předmět,predmet,tárgy,тема,主题,主旨"
    ",件名,제목,konu,sent,gesendet,envoyé,envoyé le,enviado,enviado el,enviada,enviada em,inviato,data invio,wysłano"
    ",wysłane,verzonden,skickat,sendt,lähetetty,odesláno,odoslané,elküldve,отправлено,надіслано,发送时间,寄件日期"
    ",送信日時,보낸 날짜,보낸날짜,gönderme tarihi"
)
_OTHER_FIELDS: Final = _words(
    "datum,date,data,дата,to,an,à,para,do,a,aan,till,til,vastaanottaja,komu,címzett,кому,收件人,宛先,받는 사람,받는사람"
    ",kime,cc,dw,copie"
)
_FORWARD = re.compile(
    r"(?:-{2,}\s*)?(?:begin forwarded message|forwarded message|original message forwarded|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten (?:e-mail|nachricht)|przekazana wiadomość|wiadomość przekazana"
    r"|początek przekazanej wiadomości|treść przekazanej wiadomości|message transféré"
    r"|début du message (?:transféré|réexpédié)"
    r"|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|mensagem reencaminhada"
    r"|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht"
    r"|vidarebefordrat meddelande|videresendt (?:meddelelse|melding)|přeposlaná zpráva|пересылаемое сообщение"
    r"|пересланное сообщение|转发的邮件|轉寄郵件|転送メッセージ)\s*(?:-{2,}|:)?\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*[_\-=*]{8,}\s*$")


def is_attribution(text: str) -> bool:
    """Whether a line, or several joined, says who wrote what follows and when: it ends in a colon."""
    text = text.strip()
    if not text.endswith((":", "：")) or len(text) > MAX_ATTRIBUTION:
        return False
    if _BARE_GMAIL.fullmatch(text):
        return True
    if not _WHEN_OR_WHO.search(text) or not _VERB.search(text):
        return False
    return may_open(text) or _MAILBOX.search(text) is not None or _ENDS_WITH_VERB.search(text) is not None


def may_open(line: str) -> bool:
    """Whether an attribution that goes on in the next lines may begin here."""
    if line[0].isdigit():
        return True
    word = line[:14].lstrip("- ").partition(" ")[0].rstrip(".,").lower()
    return word in _OPENERS


def is_original_marker(line: str) -> bool:
    """`-----Original Message-----` or `---- On Monday Jane wrote ----` in any of their languages."""
    return _ORIGINAL.match(line) is not None or _BETWEEN_DASHES.fullmatch(line) is not None


def field_kind(line: str) -> str:
    """What field of a quoted header block a line is: "from", "telling" (subject, sent: what nobody writes by hand),
    "other", or "" for none."""
    name, colon, _ = line[:60].partition(":")
    if not colon:
        name, colon, _ = name.partition("：")
        if not colon:
            return ""
    name = name.strip("\t\xa0 >*").lower()
    if name in _FROM_FIELDS:
        return "from"
    if name in _TELLING_FIELDS:
        return "telling"
    return "other" if name in _OTHER_FIELDS else ""


def is_forward_marker(line: str) -> bool:
    """`---------- Forwarded message ---------` in any of its languages: what follows is news."""
    return len(line) <= 200 and _FORWARD.match(line) is not None


def is_rule(line: str) -> bool:
    """A line of dashes or underscores, as Outlook puts above a quoted header block."""
    return _RULE.match(line) is not None
