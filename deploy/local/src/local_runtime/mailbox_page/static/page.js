// The page: who the customer is, their threads, and what is open; new mails come by themselves.

import { composeView } from "/compose.js";
import { ask, byId, el } from "/dom.js";
import { mailView, threadView } from "/thread.js";
import { language, problem, recall, remember, speak, when, words } from "/words.js";

const state = { inboxes: [], people: [], threads: [], more: 0, open: null, form: null, version: null };
const address = byId("address");
const name = byId("name");
const main = byId("main");
const me = () => ({ address: address.value.trim(), name: name.value.trim() });

function dress() {
  document.documentElement.lang = language;
  document.title = words().title;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = words()[element.dataset.words];
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = words()[element.dataset.label];
  for (const button of document.querySelectorAll("[data-language]")) {
    button.ariaPressed = String(button.dataset.language === language);
  }
}

function notify(text) {
  byId("notice").textContent = text;
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => { byId("notice").textContent = ""; }, 5000);
}

function showList() {
  const rows = state.threads.map((thread) => el("li", {},
    el("button", { type: "button", onclick: () => openThread(thread.id), "aria-current": String(thread.id === state.open?.id) },
      el("span", { className: "who-row" }, who(thread)),
      el("time", { dateTime: thread.at }, thread.mails > 1 ? `${thread.mails} · ${when(thread.at)}` : when(thread.at)),
      el("span", { className: "subject" }, thread.subject || "–"),
      el("span", { className: "preview" }, thread.preview))));
  byId("list").replaceChildren(...rows);
  const empty = byId("list-empty");
  empty.textContent = state.more ? words().more(state.more) : me().address ? words().noMails : words().noAddress;
  empty.hidden = state.threads.length > 0 && !state.more;
}

// The others of the thread; of one that nobody answered yet, to whom it went.
function who(thread) {
  const others = thread.who.filter((one) => one !== me().name && one !== me().address);
  return others.length ? others.join(", ") : `${words().to}: ${thread.to}`;
}

function showWelcome() {
  state.open = null;
  state.form = null;
  main.replaceChildren(el("div", { className: "welcome" }, el("h2", {}, words().noThreadTitle), el("p", {}, words().noThread)));
}

function toList() {
  document.body.classList.remove("reading");
  showWelcome();
  showList();
  byId("write").focus();
}

async function loadList() {
  if (!me().address) {
    state.threads = [];
    state.more = 0;
  } else {
    const found = await ask(`/api/threads?address=${encodeURIComponent(me().address)}`);
    state.threads = found.threads;
    state.more = found.more;
  }
  showList();
}

const threadAt = (id) => ask(`/api/threads/${id}?address=${encodeURIComponent(me().address)}`);

async function openThread(id) {
  try {
    state.open = await threadAt(id);
  } catch (error) {
    notify(problem(error.code));
    return;
  }
  showThread();
  showList();
  main.focus();
  const toLast = () => main.querySelector("article:last-of-type")?.scrollIntoView({ block: "start" });
  for (const frame of main.querySelectorAll("iframe")) frame.addEventListener("load", toLast, { once: true });
  toLast();
}

function showThread() {
  document.body.classList.add("reading");
  state.form = composeView({ inboxes: state.inboxes, answer: state.open.answer, me, onSent, onBack: toList });
  main.replaceChildren(el("div", { className: "thread" }, threadView(state.open, toList), state.form));
}

function write() {
  state.open = null;
  document.body.classList.add("reading");
  state.form = composeView({ inboxes: state.inboxes, me, onSent, onBack: toList });
  main.replaceChildren(state.form);
  showList();
  state.form.focusFirst();
}

async function onSent(id) {
  notify(words().sent);
  remember("me", JSON.stringify(me()));
  await loadList();
  const thread = state.threads.find((one) => one.newest === id) ?? state.threads[0];
  if (thread) await openThread(thread.id);
}

// New mails join the open thread above the answer, whose text stays.
async function refresh() {
  const before = new Set(state.threads.map((thread) => thread.newest));
  await loadList();
  const news = state.threads.filter((thread) => !before.has(thread.newest) && thread.incoming);
  if (before.size && news.length) notify(words().newMail);
  if (!state.open) return;
  const now = await threadAt(state.open.id);
  const known = new Set(state.open.mails.map((mail) => mail.id));
  const added = now.mails.filter((mail) => !known.has(mail.id));
  if (!added.length) return;
  state.open = now;
  if (state.form.isUntouched()) showThread();
  else {
    main.querySelector("section").append(...added.map(mailView));
    state.form.nowAnswers(now.answer);
  }
}

function become() {
  const person = state.people.find((one) => one.address.toLowerCase() === me().address.toLowerCase());
  if (person) name.value = person.name;
  remember("me", JSON.stringify(me()));
  showWelcome();
  loadList().catch((error) => notify(problem(error.code)));
}

function listen() {
  const changes = new EventSource("/api/changes");
  changes.onmessage = (event) => {
    const first = state.version === null;
    state.version = event.data;
    if (!first) refresh().catch((error) => notify(problem(error.code)));
  };
}

function moveInList(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const rows = [...byId("list").querySelectorAll("button")];
  const next = rows[rows.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

async function start() {
  dress();
  showWelcome();
  const found = await ask("/api/start");
  state.inboxes = found.inboxes;
  state.people = found.people;
  byId("people").replaceChildren(...state.people.map((one) => el("option", { value: one.address, label: one.name })));
  const last = JSON.parse(recall("me") ?? "null") ?? state.people[0];
  if (last) {
    address.value = last.address;
    name.value = last.name;
  }
  await loadList();
  listen();
}

address.addEventListener("change", become);
name.addEventListener("change", () => remember("me", JSON.stringify(me())));
byId("who").addEventListener("submit", (event) => { event.preventDefault(); become(); });
byId("write").addEventListener("click", write);
byId("list").addEventListener("keydown", moveInList);
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    speak(button.dataset.language);
    dress();
    showList();
    if (state.form && !state.form.isUntouched()) return;
    if (state.open) showThread();
    else if (state.form) write();
    else showWelcome();
  });
}
start().catch((error) => notify(problem(error.code)));
