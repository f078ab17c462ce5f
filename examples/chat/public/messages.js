// The list of messages. All text goes in through textContent: nothing a person writes is markup.

const GROUP_GAP = 5 * 60_000;
const STATES = { sending: "Sending…", delivered: "Delivered", failed: "Not delivered." };

const list = document.getElementById("messages");
const scroller = document.getElementById("scroller");
const jump = document.getElementById("jump");
const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const elements = new Map();
let onRetry = () => {};
let author = "";

export function setUpMessages(retry) {
  onRetry = retry;
  scroller.addEventListener("scroll", () => {
    if (isAtEnd()) jump.hidden = true;
  });
  jump.addEventListener("click", scrollToEnd);
  // A keyboard that slides in, or a window that shrinks, must not hide the newest message.
  let wasAtEnd = true;
  scroller.addEventListener("scroll", () => {
    wasAtEnd = isAtEnd();
  });
  new ResizeObserver(() => {
    if (wasAtEnd) scrollToEnd();
  }).observe(scroller);
}

export function setAuthor(name) {
  author = name;
}

/** Makes the page show these entries, and touches only the elements that change. */
export function showMessages(entries, incoming = false) {
  const follow = isAtEnd();
  const latestMine = entries.findLast((entry) => entry.author === author);
  let place = list.firstElementChild;

  entries.forEach((entry, index) => {
    const element = elements.get(entry.key) ?? create(entry, incoming);
    if (entry.kind === "message") {
      const first = !sameGroup(entries[index - 1], entry);
      const last = !sameGroup(entry, entries[index + 1]);
      update(element, entry, { first, last, latest: entry === latestMine });
    } else if (element.textContent !== entry.text) {
      element.textContent = entry.text;
    }
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
  });
  while (place) {
    const next = place.nextElementSibling;
    elements.delete(place.dataset.key);
    place.remove();
    place = next;
  }

  document.getElementById("empty").hidden = entries.some((entry) => entry.kind === "message");
  if (follow) scrollToEnd();
  else if (incoming) jump.hidden = false;
}

export function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  jump.hidden = true;
}

function isAtEnd() {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
}

function sameGroup(one, next) {
  return (
    one?.kind === "message" &&
    next?.kind === "message" &&
    one.author === next.author &&
    next.time - one.time < GROUP_GAP
  );
}

function create(entry, incoming) {
  const element = document.createElement("li");
  element.dataset.key = entry.key;
  elements.set(entry.key, element);
  if (entry.kind === "note") {
    element.className = "note";
    return element;
  }

  element.dataset.testid = "message";
  element.dataset.author = entry.author;
  if (incoming || entry.state === "sending") element.classList.add("fresh");

  const name = make("span", "author", entry.author);
  const bubble = make("p", "bubble", entry.text);
  bubble.dataset.testid = "text";
  const line = make("div", "line");
  line.append(bubble, make("time", "time"));
  const foot = make("div", "foot");
  foot.append(make("span", "state"));
  const stack = make("div", "stack");
  stack.append(name, line, foot);
  element.append(avatar(entry.author), stack);
  return element;
}

function update(element, entry, { first, last, latest }) {
  // Writing the same text again would make a screen reader say it again.
  const now = JSON.stringify([entry.state, entry.time, entry.error, first, last, latest]);
  if (element.now === now) return;
  element.now = now;

  const mine = entry.author === author;
  element.classList.add("message");
  element.classList.toggle("mine", mine);
  element.classList.toggle("first", first);
  element.classList.toggle("last", last);
  element.classList.toggle("latest", latest);
  element.dataset.state = entry.state;

  const time = element.querySelector("time");
  time.dateTime = new Date(entry.time).toISOString();
  time.textContent = clock.format(entry.time);
  time.title = calendar.format(entry.time);

  const foot = element.querySelector(".foot");
  foot.querySelector(".state").textContent = mine ? (entry.error ?? STATES[entry.state]) : "";
  const button = foot.querySelector("button");
  if (entry.state !== "failed") {
    button?.remove();
  } else if (!button) {
    const again = make("button", "retry", "Retry");
    again.type = "button";
    again.dataset.testid = "retry";
    again.addEventListener("click", () => onRetry(entry.key));
    foot.append(again);
  }
}

export function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Coloured initials. They are drawn by CSS, so that they are not part of any text. */
export function avatar(name, element = make("span", "avatar")) {
  const words = name.split(" ");
  const initials = words.length > 1 ? [words[0][0], words.at(-1)[0]] : [...name].slice(0, 2);
  let hash = 0;
  for (const char of name.toLowerCase()) hash = (Math.imul(hash, 31) ^ char.codePointAt(0)) >>> 0;
  element.dataset.initials = initials.join("");
  element.style.setProperty("--hue", hash % 360);
  element.setAttribute("aria-hidden", "true");
  return element;
}
