// The page around the messages: the form to come in, the sidebar, the status, the composer.
import { avatar, make, scrollToEnd, setAuthor, setUpMessages, showMessages } from "./messages.js";

export { scrollToEnd };

/** For how long someone counts as typing without saying so again, in milliseconds. */
export const TYPING_LASTS = 4000;

/** As in layout.css: the sidebar is a drawer here. */
const NARROW = "(max-width: 46rem)";

const $ = (id) => document.getElementById(id);
const STATUS = {
  connected: "Connected",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  offline: "Offline",
};

let actions;
let title = document.title;
let unread = 0;

export function setUp(given) {
  actions = given;
  setUpMessages(actions.retry);

  $("join-form").addEventListener("submit", (event) => {
    event.preventDefault();
    actions.connect($("nickname").value);
  });
  $("leave").addEventListener("click", () => actions.leave());
  $("banner-action").addEventListener("click", () => actions.reconnect());

  $("menu").addEventListener("click", () => openSidebar(true));
  $("backdrop").addEventListener("click", () => openSidebar(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") openSidebar(false);
  });
  matchMedia(NARROW).addEventListener("change", () => openSidebar(false));

  const input = $("message-input");
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text) actions.say(text);
    input.value = "";
    fitInput();
    input.focus();
  });
  input.addEventListener("keydown", (event) => {
    // During composition (Japanese, Chinese...) Enter chooses a word, it does not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("composer").requestSubmit();
  });
  input.addEventListener("input", () => {
    fitInput();
    actions.typed(input.value.trim() !== "");
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) unread = 0;
    showTitle();
  });
}

// ---- Coming in -------------------------------------------------------------------------------

export function showWelcome(name, room, error = "") {
  $("app").hidden = true;
  $("welcome").hidden = false;
  $("nickname").value = name;
  $("join-room").textContent = `#${room}`;
  title = "Bun chat";
  showTitle();
  showJoinForm(error, false);
  $("nickname").focus();
}

export function showJoining(problem = "") {
  showJoinForm(problem, true);
}

function showJoinForm(error, busy) {
  $("name-error").textContent = error;
  $("nickname").setAttribute("aria-invalid", String(error !== "" && !busy));
  $("join").classList.toggle("busy", busy);
  $("join").setAttribute("aria-busy", String(busy));
}

export function showApp(name) {
  const comesIn = $("app").hidden;
  setAuthor(name);
  $("my-name").textContent = name;
  avatar(name, $("my-avatar"));
  $("welcome").hidden = true;
  $("app").hidden = false;
  // On a phone the focus would open the keyboard over the room that one wants to see first.
  if (comesIn && matchMedia("(hover: hover)").matches) $("message-input").focus();
}

// ---- Connection ------------------------------------------------------------------------------

export function showStatus(state, transports = []) {
  const status = $("status");
  status.dataset.state = state;
  if (transports.length > 0) status.dataset.transport = transports.at(-1);
  else delete status.dataset.transport;
  $("status-text").textContent = STATUS[state];
  $("status-transport").textContent = transports.join(" → ");
  $("app").classList.toggle("stale", state !== "connected");
  if (state === "connected") $("banner").hidden = true;
}

export function showBanner(text, canReconnect = false) {
  $("banner").hidden = false;
  $("banner-text").textContent = text;
  $("banner-action").hidden = !canReconnect;
}

// ---- Rooms and people ------------------------------------------------------------------------

export function showRoom(name, entries) {
  $("room-name").textContent = `#${name}`;
  $("scroller").setAttribute("aria-label", `Messages in ${name}`);
  $("message-input").placeholder = `Message #${name}`;
  title = `#${name} · Bun chat`;
  showTitle();
  clearTyping();
  for (const button of $("rooms").querySelectorAll("button")) markRoom(button, name);
  openSidebar(false);
  showEntries(entries);
  scrollToEnd();
}

export function showRooms(rooms, current) {
  for (const { name, topic, people } of rooms) {
    const button = $("rooms").querySelector(`[data-room="${name}"]`) ?? addRoom(name);
    button.dataset.topic = topic;
    const count = button.querySelector(".count");
    count.textContent = people > 0 ? String(people) : "";
    count.title = people === 1 ? "1 person" : `${people} people`;
    markRoom(button, current);
  }
}

function addRoom(name) {
  const button = make("button", "room-button");
  button.type = "button";
  button.dataset.room = name;
  button.append(make("span", "hash", "#"), make("span", "room-label", name), make("span", "count"));
  button.addEventListener("click", () => actions.enter(name));
  const item = document.createElement("li");
  item.append(button);
  $("rooms").append(item);
  return button;
}

function markRoom(button, current) {
  const here = button.dataset.room === current;
  button.setAttribute("aria-current", String(here));
  if (here) $("room-topic").textContent = button.dataset.topic;
}

export function showPeople(names, myName) {
  $("people-count").textContent = String(names.length);
  $("people").replaceChildren(
    ...names.map((name) => {
      const person = make("li", "person");
      person.dataset.testid = "person";
      person.dataset.name = name;
      person.append(avatar(name), make("span", "person-name", name));
      if (name === myName) person.append(make("span", "you", "you"));
      return person;
    }),
  );
}

function openSidebar(open) {
  const wasOpen = $("app").classList.contains("menu-open");
  $("app").classList.toggle("menu-open", open);
  $("room").inert = open;
  $("menu").setAttribute("aria-expanded", String(open));
  if (open) $("rooms").querySelector("button")?.focus();
  else if (wasOpen) $("menu").focus();
}

// ---- Messages --------------------------------------------------------------------------------

export function showEntries(entries, incoming = false) {
  showMessages(entries, incoming);
  if (incoming && document.hidden) unread++;
  showTitle();
}

function showTitle() {
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
}

function fitInput() {
  const input = $("message-input");
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}

// ---- Typing ----------------------------------------------------------------------------------

const typing = new Map();

export function showTyping(name, active) {
  clearTimeout(typing.get(name));
  typing.delete(name);
  // The end of it may never arrive: it is sent as volatile, or its author is gone.
  if (active)
    typing.set(
      name,
      setTimeout(() => showTyping(name, false), TYPING_LASTS),
    );
  writeTyping();
}

export function clearTyping() {
  for (const timer of typing.values()) clearTimeout(timer);
  typing.clear();
  writeTyping();
}

function writeTyping() {
  const names = [...typing.keys()];
  const who = names.length > 2 ? "Several people" : names.join(" and ");
  $("typing").textContent = who && `${who} ${names.length > 1 ? "are" : "is"} typing`;
}
