// A thread: its mails from the oldest, HTML in a sandboxed frame, quoted text folded.

import { el } from "/dom.js";
import { size, when, words } from "/words.js";

export function threadView(thread, onBack) {
  return el("section", { className: "thread" },
    el("button", { type: "button", className: "back", onclick: onBack }, words().back),
    el("h2", {}, thread.subject || "–"),
    ...thread.mails.map(mailView));
}

export function mailView(mail) {
  const people = (list) => list.map(shown).join(", ");
  const article = el("article", { className: mail.mine ? "mail mine" : "mail", id: `mail-${mail.id}` },
    el("header", {},
      el("div", {},
        el("strong", {}, mail.mine ? `${shown(mail.from)} (${words().me})` : shown(mail.from)),
        el("div", { className: "small" }, `${words().to}: ${people(mail.to)}`),
        mail.cc.length ? el("div", { className: "small" }, `${words().cc}: ${people(mail.cc)}`) : null),
      el("time", { dateTime: mail.at }, when(mail.at, true))),
    mail.has_html ? htmlView(mail) : textView(mail.text));
  const files = mail.files.map((file) => fileLink(`/api/mails/${mail.id}/files/${file.number}`, file.name, size(file.size)));
  article.append(el("ul", { className: "files" }, ...files, fileLink(`/api/mails/${mail.id}/raw`, words().original, "")));
  return article;
}

function htmlView(mail) {
  const frame = el("iframe", {
    title: mail.subject || "mail", src: `/api/mails/${mail.id}/html`, sandbox: "allow-same-origin allow-popups",
    height: "120", referrerpolicy: "no-referrer",
  });
  frame.addEventListener("load", () => {
    const root = frame.contentDocument?.documentElement;
    if (root) frame.height = String(Math.min(root.scrollHeight + 4, 2000));
  });
  return el("div", {}, frame, el("details", {}, el("summary", {}, words().asText), el("pre", {}, mail.text.trim())));
}

function textView(text) {
  const [own, quoted] = split(text);
  const view = el("div", {}, el("pre", {}, own));
  if (quoted) view.append(el("details", {}, el("summary", {}, words().quoted), el("pre", {}, quoted)));
  return view;
}

// What is quoted to the end, with the line that announces it.
export function split(text) {
  const lines = text.replace(/\s+$/, "").split("\n");
  let start = lines.length;
  while (start > 0 && (lines[start - 1].startsWith(">") || lines[start - 1].trim() === "")) start -= 1;
  if (start === lines.length || !lines.slice(start).some((line) => line.startsWith(">"))) return [lines.join("\n"), ""];
  if (start > 0 && lines[start - 1].trim().endsWith(":")) start -= 1;
  return [lines.slice(0, start).join("\n").trimEnd(), lines.slice(start).join("\n").trim()];
}

function fileLink(href, name, bytes) {
  const label = bytes ? `${name} · ${bytes}` : name;
  return el("li", {}, el("a", { href, download: "", title: words().download(name, bytes) }, label));
}

const shown = (person) => person.name || person.address;
