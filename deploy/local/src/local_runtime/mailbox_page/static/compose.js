// The form of a new mail or an answer. What was typed stays until the mail was taken.

import { ask, el } from "/dom.js";
import { language, problem, words } from "/words.js";

let forms = 0;

export function composeView({ inboxes, answer, me, onSent, onBack }) {
  const number = (forms += 1);
  const id = (name) => `compose-${number}-${name}`;
  const says = words();
  const labelled = (name, label, input) => el("div", {}, el("label", { htmlFor: id(name) }, label), input);

  const choices = inboxes.map((inbox) => el("option", { value: inbox.address }, `${inbox.name} <${inbox.address}>`));
  const known = el("select", { id: id("to") }, ...choices, el("option", { value: "" }, says.toOther));
  const typed = el("input", { id: id("typed"), type: "email", value: answer?.to ?? "", spellcheck: false });
  const typedRow = labelled("typed", answer ? says.to : says.toOtherLabel, typed);
  typedRow.hidden = !answer;
  known.addEventListener("change", () => { typedRow.hidden = known.value !== ""; });
  const subject = el("input", { id: id("subject"), maxLength: 300, value: answer?.subject ?? "" });
  const cc = el("input", { id: id("cc"), value: (answer?.cc ?? []).join(", "), spellcheck: false });
  const text = el("textarea", { id: id("text") });
  const files = el("input", { id: id("files"), type: "file", multiple: true });
  const quote = el("input", { type: "checkbox", checked: true, id: id("quote") });
  const trouble = el("p", { className: "problem", role: "alert", hidden: true });
  const button = el("button", { type: "submit", className: "primary" }, says.send);
  const inputs = { to: answer ? typed : known, cc, subject, text, files };

  const form = el("form", { className: answer ? "compose answer" : "compose", noValidate: true, onsubmit: send },
    answer ? null : el("button", { type: "button", className: "back", onclick: onBack }, says.back),
    el("h2", {}, answer ? says.answer : says.newTitle),
    answer ? null : labelled("to", says.to, known),
    typedRow,
    answer?.cc?.length ? labelled("cc", says.cc, cc) : null,
    labelled("subject", says.subject, subject),
    labelled("text", says.text, text),
    labelled("files", says.files, files),
    answer ? el("label", { className: "check", htmlFor: id("quote") }, quote, says.quote) : null,
    trouble,
    el("div", { className: "row" }, button, el("span", { className: "hint" }, says.hint)));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  async function send(event) {
    event.preventDefault();
    if (button.disabled) return;
    const body = new FormData();
    const { address, name } = me();
    const to = answer || known.value === "" ? typed.value : known.value;
    const fields = {
      address, name, to, cc: cc.value, subject: subject.value, text: text.value, language,
      answers: answer?.answers ?? "", quote: answer && quote.checked ? "1" : "",
    };
    for (const [field, value] of Object.entries(fields)) body.append(field, value);
    for (const file of files.files) body.append("files", file);
    for (const input of Object.values(inputs)) input.removeAttribute("aria-invalid");
    trouble.hidden = true;
    button.disabled = true;
    button.textContent = says.sending;
    try {
      const sent = await ask("/api/mails", { method: "POST", body });
      text.value = "";
      files.value = "";
      onSent(sent.id);
    } catch (error) {
      trouble.textContent = problem(error.code, error.words);
      trouble.hidden = false;
      const wrong = error.field === "to" && !typedRow.hidden ? typed : inputs[error.field];
      wrong?.setAttribute("aria-invalid", "true");
      (error.field === "address" ? document.getElementById("address") : wrong)?.focus();
    } finally {
      button.disabled = false;
      button.textContent = says.send;
    }
  }

  form.nowAnswers = (newer) => {
    answer = newer;
    typed.value = newer.to;
    cc.value = newer.cc.join(", ");
  };
  form.isUntouched = () => text.value === "" && files.files.length === 0;
  form.focusFirst = () => (answer ? text : subject).focus();
  return form;
}
