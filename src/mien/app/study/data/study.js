// The pages of the study: welcome, one page for each clip or group, and the end where the answers are saved.
"use strict";

const page = document.getElementById("page");
let session = Answers.read();
let shownAt = 0;

// An element with properties and children.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

function tell(words) {
  document.getElementById("told").textContent = words;
}

const order = () => Order.shuffled(STUDY.items.map((item) => item.id), STUDY.seed, session.participant, "items");
const itemOf = (id) => STUDY.items.find((item) => item.id === id);

function answerOf(id) {
  return session.answers[id] ??= { values: {}, time_s: 0, watched: [], unplayable: [] };
}

// Every clip was seen to its end, or cannot be played, and every question has its answer.
function isAnswered(id) {
  const answer = session.answers[id];
  if (!answer) return false;
  const seen = itemOf(id).clips.every((clip) => answer.watched.includes(clip) || answer.unplayable.includes(clip));
  const unjudged = answer.unplayable.length > 0;
  return seen && (unjudged || STUDY.questions.every((question) => question.key in answer.values));
}

function keep() {
  document.getElementById("unkept").hidden = Answers.write(session);
}

function show(...children) {
  page.classList.toggle("wide", children.some((child) => child?.classList?.contains("order")));
  page.replaceChildren(...children.filter((child) => child !== null));
  shownAt = performance.now();
  window.scrollTo(0, 0);
}

function go(position) {
  addTime();
  session.position = position;
  if (position < STUDY.items.length) session.saved = false;   // what is saved may be answered anew
  keep();
  render();
}

// Time on a page counts while it is seen.
function addTime() {
  const id = session && order()[session.position];
  if (id && shownAt) answerOf(id).time_s += Math.round((performance.now() - shownAt) / 100) / 10;
  shownAt = performance.now();
}

document.addEventListener("visibilitychange", () => {
  if (!session) return;
  if (document.hidden) {
    addTime();
    keep();
    shownAt = 0;
  } else shownAt = performance.now();
});

function welcome() {
  const code = make("input", { id: "code", autocomplete: "off", spellcheck: false, maxLength: 40 });
  code.value = new URLSearchParams(location.search).get("code") ?? "";
  const agree = make("input", { id: "agree", type: "checkbox" });
  const start = make("button", { id: "start", className: "main", type: "submit", textContent: "Begin" });
  const wrong = make("p", { className: "notice", hidden: true, id: "wrong" });
  const form = make("form", {},
    make("label", { className: "field", htmlFor: "code" }, "Your code, as you were given it (not your name)"), code,
    make("label", { className: "tick" }, agree, "I have read this and want to take part."), wrong, start);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const participant = Order.code(code.value);
    wrong.hidden = false;
    if (!participant) wrong.textContent = "Please enter your code: letters, digits, - and _, 40 at most.";
    else if (!agree.checked) wrong.textContent = "Please tick the box if you want to take part.";
    else begin(participant);
  });
  show(make("h1", { textContent: STUDY.title }), ...introduction(), playable(), form);
}

function introduction() {
  const paragraphs = [
    "You will see short videos of people talking and say how they look to you. In some or all of them a computer " +
      "program has changed the expression of the face: there, the people did not feel or show what you see.",
    STUDY.kind === "dnt"
      ? "Each page shows a few videos of one person. Play all of them to their end, then put them in order. You can change the order as often as you like."
      : "Each page shows one video. Play it to its end, as often as you like, then answer the questions. There are no right or wrong answers. Please use headphones or speakers.",
    "What is recorded: your code, your answers, the order in which you saw the videos, how long you spent on each " +
      "page, and when you began and ended. Nothing about you or your device is recorded, and nothing is sent: at the end you " +
      "save a file and hand it over yourself. You may stop at any time.",
  ];
  if (STUDY.contact) paragraphs.push(`Questions? ${STUDY.contact}`);
  const count = STUDY.items.length;
  paragraphs.push(`The study has ${count} ${count === 1 ? "page" : "pages"}.`);
  const keys = STUDY.kind === "dnt" ? "arrow keys move the video whose bar has the focus" : "1 to 9 answer the next open question";
  return [...paragraphs.map((text) => make("p", { textContent: text })),
    make("p", { className: "hint keys", textContent: `With a keyboard: p plays, ${keys}, Enter goes on.` })];
}

function playable() {
  if (document.createElement("video").canPlayType('video/mp4; codecs="avc1.64001F, mp4a.40.2"')) return null;
  return make("p", { className: "notice", textContent: "This browser cannot play the videos of the study. Please use another one." });
}

function begin(participant) {
  session = { study: STUDY.id, participant, started: new Date().toISOString(), position: 0, answers: {}, saved: false };
  keep();
  render();
}

// A video; `seen` is called when it was played to its end, `failed` when it cannot be played.
function video(name, words, seen, failed) {
  const film = make("video", { src: `clips/${name}.mp4`, controls: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
  [film.width, film.height] = STUDY.sizes[name];   // its place is kept before it is loaded
  film.setAttribute("controlslist", "nodownload noremoteplayback");
  film.setAttribute("aria-label", words);
  if (seen) film.addEventListener("ended", seen);
  if (failed) film.addEventListener("error", failed);
  film.addEventListener("play", () => {
    for (const other of document.querySelectorAll("video")) if (other !== film) other.pause();
  });
  return film;
}

function itemPage(id) {
  const item = itemOf(id);
  const answer = answerOf(id);
  answer.unplayable = [];   // tried anew: it may have been the network
  const watched = (clip) => { if (!answer.watched.includes(clip)) answer.watched.push(clip); keep(); refresh(); };
  const failed = (clip) => { if (!answer.unplayable.includes(clip)) answer.unplayable.push(clip); keep(); refresh(); };
  const card = (clip, words) => video(clip, words, () => watched(clip), () => failed(clip));
  const parts = [];
  if (item.clips.length === 1) {
    parts.push(make("div", { className: "films" },
      make("figure", {}, card(item.clips[0], "The video to be judged"),
        item.reference ? make("figcaption", { textContent: "The video to be judged" }) : null),
      item.reference ? make("figure", {}, video(item.reference, "The original"),
        make("figcaption", { textContent: "The original, unedited" })) : null));
  }
  for (const question of STUDY.questions) parts.push(question.kind === "order" ? ranking(question, item, answer, card) : choices(question, item, answer));
  return parts;
}

function words(question, item) {
  const text = item.reference && question.originalText ? question.originalText : question.text;
  return text.replace("{emotion}", item.emotion ?? "");
}

function choices(question, item, answer) {
  const options = question.kind === "scale" ? [1, 2, 3, 4, 5] : question.options;
  const row = make("div", { className: question.kind });
  for (const option of options) {
    const input = make("input", { type: "radio", name: question.key, value: option, checked: answer.values[question.key] === option });
    input.addEventListener("change", () => { answer.values[question.key] = option; keep(); refresh(); });
    row.append(make("label", {}, input, make("span", { textContent: option })));
  }
  const ends = question.kind === "scale"
    ? make("div", { className: "ends", id: `ends-${question.key}` }, make("span", { textContent: `1 ${question.low}` }), make("span", { textContent: `5 ${question.high}` })) : null;
  const field = make("fieldset", {}, make("legend", { textContent: words(question, item) }), row, ends);
  field.dataset.key = question.key;
  if (ends) field.setAttribute("aria-describedby", ends.id);
  return field;
}

function ranking(question, item, answer, card) {
  answer.shown ??= Order.shuffled(item.clips, STUDY.seed, session.participant, item.id);
  answer.arranged ??= [...answer.shown];
  const letters = Object.fromEntries(answer.shown.map((clip, index) => [clip, String.fromCharCode(65 + index)]));
  const sure = make("input", { type: "checkbox", id: "sure", checked: question.key in answer.values });
  const save = () => {
    if (sure.checked) answer.values[question.key] = [...answer.arranged];
    else delete answer.values[question.key];
    keep();
    refresh();
  };
  const list = Ranking.create(answer.shown, (clip, letter) => card(clip, `Video ${letter}`), (now) => { answer.arranged = now; save(); }, tell);
  Ranking.arrange(list, answer.arranged);
  sure.addEventListener("change", save);
  const field = make("fieldset", { className: "order" }, make("legend", { textContent: words(question, item) }),
    make("p", { className: "hint", textContent: `Drag the bars. First place: ${question.low}; last place: ${question.high}.` }), list,
    make("label", { className: "tick" }, sure, `This is my order, from ${question.low} to ${question.high}.`));
  field.dataset.key = question.key;
  field.dataset.letters = JSON.stringify(letters);
  return field;
}

// What is missing on the page, and whether one may go on.
function refresh() {
  const id = order()[session.position];
  const next = document.getElementById("next");
  if (!id || !next) return;
  const answer = answerOf(id);
  const open = itemOf(id).clips.filter((clip) => !answer.watched.includes(clip) && !answer.unplayable.includes(clip)).length;
  const unanswered = STUDY.questions.filter((question) => !(question.key in answer.values)).length;
  next.disabled = !isAnswered(id);
  const missing = answer.unplayable.length ? "This video cannot be played here; you may go on without an answer."
    : open ? (open === 1 && itemOf(id).clips.length === 1 ? "Play the video to its end." : `Play all videos to their end (${open} left).`)
    : unanswered ? (STUDY.kind === "dnt" ? "Tick the box below the videos when the order is yours." : `${unanswered} ${unanswered === 1 ? "answer" : "answers"} to go.`) : "";
  document.getElementById("missing").textContent = missing;
}

function render() {
  if (!session) return welcome();
  const all = order();
  if (session.position >= all.length) return finish(all);
  const back = make("button", { id: "back", type: "button", textContent: "Back", disabled: session.position === 0 });
  const next = make("button", { id: "next", className: "main", type: "button", textContent: session.position === all.length - 1 ? "Finish" : "Next" });
  back.addEventListener("click", () => go(session.position - 1));
  next.addEventListener("click", () => go(session.position + 1));
  const stop = make("button", { id: "stop", className: "quiet", type: "button", textContent: "Stop here and save what I have answered" });
  stop.addEventListener("click", () => go(all.length));
  const done = all.filter(isAnswered).length;
  show(make("header", {}, make("span", { textContent: `${session.position + 1} of ${all.length}` }),
    make("progress", { max: all.length, value: done, title: `${done} of ${all.length} answered` })),
    ...itemPage(all[session.position]), make("p", { id: "missing", className: "hint" }), make("nav", {}, back, next), stop);
  refresh();
}

function finish(all) {
  const open = all.filter((id) => !isAnswered(id));
  const name = Answers.fileName(session.participant);
  const save = make("button", { id: "save", className: "main", type: "button", textContent: "Save my answers" });
  const after = make("p", { id: "after", hidden: !session.saved, textContent: `Saved as ${name}. Please hand this file to whoever invited you. Thank you!` });
  const fresh = make("button", { id: "fresh", className: "quiet", type: "button", hidden: !session.saved, textContent: "Another person takes part on this device" });
  save.addEventListener("click", () => {
    Answers.download(Answers.file(session, all, isAnswered));
    session.saved = true;
    keep();
    after.hidden = fresh.hidden = false;
  });
  fresh.addEventListener("click", () => { Answers.forget(); session = null; render(); });
  const back = make("button", { id: "back", type: "button", textContent: open.length ? "Go on" : "Back" });
  back.addEventListener("click", () => go(open.length ? all.indexOf(open[0]) : all.length - 1));
  const text = open.length ? `${all.length - open.length} of ${all.length} pages are answered. You can go on, or save what there is.`
    : "You have answered everything. Thank you! Now save your answers as a file; they are not sent by themselves.";
  show(make("h1", { textContent: open.length ? "Stop here?" : "Done" }), make("p", { textContent: text }), make("nav", {}, back, save), after, fresh);
}

// Digits answer the question that has the focus, or else the first that is open; Enter goes on; p plays.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !session) return;
  const at = event.target;
  if (event.key === "Enter" && at.tagName !== "BUTTON") document.getElementById("next")?.click();
  if (event.key === "p") {
    const film = at.closest?.("li, figure")?.querySelector("video") ?? document.querySelector("video");
    if (film) film.paused ? film.play() : film.pause();
  }
  const fields = [...document.querySelectorAll("fieldset[data-key]")];
  const field = at.closest?.("fieldset[data-key]") ?? fields.find((one) => !one.querySelector("input:checked"));
  const radio = field?.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
  if (radio && /^[1-9]$/.test(event.key)) {
    radio.click();
    (fields.find((one) => !one.querySelector("input:checked"))?.querySelector("input") ?? radio).focus();
  }
});

document.title = STUDY.title;
render();
