// The page's texts, in the languages it speaks.

const WORDS = {
  en: {
    title: "Customer's mailbox",
    about: "You play a customer: what you send arrives in the shop's inbox, what agents answer arrives here.",
    skip: "Skip to the mail",
    language: "Language",
    mailbox: "Mailbox",
    you: "Your address: one of the demo's customers, or a new one",
    name: "Your name",
    write: "Write a mail",
    noMails: "No mails yet. Write the first one.",
    noAddress: "Choose a customer, or type an address of your own.",
    noThreadTitle: "Nothing is open",
    noThread: "Choose a mail on the left, or write one. Answers of the shop appear by themselves.",
    more: (count) => `${count} older ones are not shown.`,
    to: "To",
    toOther: "Another address…",
    toOtherLabel: "Address",
    cc: "Cc",
    subject: "Subject",
    text: "Text",
    files: "Attachments",
    quote: "Quote the mail below my answer",
    send: "Send",
    sending: "Sending…",
    sent: "Sent.",
    newMail: "There is a new mail.",
    answer: "Answer",
    back: "Back to the list",
    newTitle: "New mail",
    quoted: "Show quoted text",
    asText: "Show as text",
    download: (name, size) => `Save ${name}, ${size}`,
    original: "Original (.eml)",
    me: "me",
    hint: "Ctrl+Enter sends.",
    problems: {
      "smtp-away": "The shop's mail server does not answer, so nothing was sent. Your text is still here: try again in a moment.",
      "put-off": "The shop's mail server can't take mail right now. Your text is still here: try again in a moment.",
      refused: "The shop's mail server refused the mail.",
      "no-address": "This is not a mail address.",
      "not-one-line": "This must be one line, and not too long.",
      empty: "Write something, or attach a file.",
      "too-long": "The text is too long.",
      "too-many": "These are too many addresses.",
      "too-large": "The attachments are too large: 10 files and 20 MB together at most.",
      "not-found": "The mail is gone. Load the page again.",
      "wrong-origin": "This page was opened under another address. Open it as printed by make run.",
      away: "The page's server does not answer. Is Postroom running? Your text is still here.",
    },
  },
  pl: {
    title: "Skrzynka klienta",
    about: "Grasz klienta: co wyślesz, trafia do skrzynki sklepu, a odpowiedzi agentów przychodzą tutaj.",
    skip: "Przejdź do wiadomości",
    language: "Język",
    mailbox: "Skrzynka",
    you: "Twój adres: klient z demo albo nowy",
    name: "Twoje imię i nazwisko",
    write: "Napisz wiadomość",
    noMails: "Nie ma jeszcze wiadomości. Napisz pierwszą.",
    noAddress: "Wybierz klienta albo wpisz własny adres.",
    noThreadTitle: "Nic nie jest otwarte",
    noThread: "Wybierz wiadomość po lewej albo napisz nową. Odpowiedzi sklepu pojawią się same.",
    more: (count) => `Starszych, których tu nie widać: ${count}.`,
    to: "Do",
    toOther: "Inny adres…",
    toOtherLabel: "Adres",
    cc: "DW",
    subject: "Temat",
    text: "Treść",
    files: "Załączniki",
    quote: "Zacytuj wiadomość pod odpowiedzią",
    send: "Wyślij",
    sending: "Wysyłanie…",
    sent: "Wysłano.",
    newMail: "Jest nowa wiadomość.",
    answer: "Odpowiedz",
    back: "Wróć do listy",
    newTitle: "Nowa wiadomość",
    quoted: "Pokaż cytowany tekst",
    asText: "Pokaż jako tekst",
    download: (name, size) => `Zapisz ${name}, ${size}`,
    original: "Oryginał (.eml)",
    me: "ja",
    hint: "Ctrl+Enter wysyła.",
    problems: {
      "smtp-away": "Serwer poczty sklepu nie odpowiada, więc nic nie wysłano. Tekst nadal tu jest: spróbuj za chwilę.",
      "put-off": "Serwer poczty sklepu nie może teraz przyjąć wiadomości. Tekst nadal tu jest: spróbuj za chwilę.",
      refused: "Serwer poczty sklepu odrzucił wiadomość.",
      "no-address": "To nie jest adres e-mail.",
      "not-one-line": "To musi być jedna, niezbyt długa linia.",
      empty: "Napisz coś albo dołącz plik.",
      "too-long": "Tekst jest za długi.",
      "too-many": "Za dużo adresów.",
      "too-large": "Załączniki są za duże: najwyżej 10 plików, razem 20 MB.",
      "not-found": "Tej wiadomości już nie ma. Odśwież stronę.",
      "wrong-origin": "Strona jest otwarta pod innym adresem. Otwórz ją tak, jak podaje make run.",
      away: "Serwer strony nie odpowiada. Czy Postroom działa? Tekst nadal tu jest.",
    },
  },
};

function remembered(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

export function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* a private window keeps nothing */ }
}

export const recall = remembered;

export let language = remembered("language") ?? (navigator.language.startsWith("pl") ? "pl" : "en");
if (!(language in WORDS)) language = "en";

export function speak(other) {
  language = other;
  remember("language", other);
}

export const words = () => WORDS[language];

export function problem(code, said = "") {
  const sentence = words().problems[code] ?? words().problems.away;
  return said ? `${sentence} (${said})` : sentence;
}

export function when(iso, long = false) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  const options = long
    ? { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }
    : today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(language, options).format(at);
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const kilo = bytes / 1024;
  return kilo < 1024 ? `${Math.round(kilo)} kB` : `${(kilo / 1024).toFixed(1)} MB`;
}
