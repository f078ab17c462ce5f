// The connection: what is sent, what is received, what happens when the network goes away.
import { RoomLog } from "./log.js";
import * as view from "./view.js";

const params = new URLSearchParams(location.search);

// Each tab is a person of its own, hence sessionStorage. The key proves to the server, after a
// lost connection, that it is the same tab that comes back for its name.
const me = { name: "", key: sessionStorage.getItem("tab-key") ?? randomId() };
sessionStorage.setItem("tab-key", me.key);

const logs = new Map();
let room = params.get("room") ?? sessionStorage.getItem("room") ?? "general";
/** The room the server has us in: null while we are on the way to it. */
let joinedRoom = null;

const forced = params.get("transport");
const socket = io({
  autoConnect: false,
  reconnectionDelayMax: 4000,
  // A function, because it is asked again for every reconnection.
  auth: (send) => send(me),
  // By default the client starts with HTTP long-polling and upgrades to WebSocket.
  ...(forced === "polling" || forced === "websocket" ? { transports: [forced] } : {}),
});

// ---- The connection --------------------------------------------------------------------------

let attempts = 0;
let transports = [];
let hasBeenIn = false;

// The manager (socket.io) owns the low-level connection (engine), a new one for each "open".
socket.io.on("open", () => {
  const { engine } = socket.io;
  transports = [engine.transport.name];
  engine.on("upgrade", (transport) => {
    transports.push(transport.name);
    if (socket.connected) view.showStatus("connected", transports);
  });
});

socket.io.on("reconnect_attempt", (attempt) => {
  attempts = attempt;
  showReconnecting();
});

socket.on("connect", () => {
  attempts = 0;
  hasBeenIn = true;
  sessionStorage.setItem("name", me.name);
  view.showStatus("connected", transports);
  view.showApp(me.name);
  enter(room);
});

socket.on("connect_error", (error) => {
  // Still active: the server was not reached, and the client will try again by itself.
  if (socket.active) return showReconnecting();
  // Not active: the middleware on the server has refused us, and error.message says why.
  view.showStatus("offline");
  forget();
  view.showWelcome(me.name, room, error.message);
});

socket.on("disconnect", (reason) => {
  joinedRoom = null;
  view.clearTyping();
  if (socket.active) return showReconnecting();
  view.showStatus("offline");
  // The server does this to the old tab when its name comes back in another one.
  if (reason === "io server disconnect") view.showBanner("The server ended this connection.", true);
});

function showReconnecting() {
  view.showStatus(hasBeenIn ? "reconnecting" : "connecting");
  const counted = attempts > 0 ? ` Attempt ${attempts}.` : "";
  if (hasBeenIn) view.showBanner(`Connection lost. Reconnecting…${counted}`);
  else view.showJoining(attempts > 0 ? `The server does not answer. Trying again.${counted}` : "");
}

function connect(name) {
  // As the server does it, so that we know our own messages when they come back.
  me.name = name.normalize("NFKC").trim().replace(/\s+/g, " ");
  attempts = 0;
  view.showStatus("connecting");
  view.showJoining();
  socket.connect();
}

function leave() {
  socket.disconnect();
  forget();
  view.showWelcome(me.name, room);
}

function forget() {
  hasBeenIn = false;
  logs.clear();
  sessionStorage.removeItem("name");
  // What could not be sent yet must not go out under the next name.
  socket.sendBuffer.length = 0;
}

// ---- Rooms -----------------------------------------------------------------------------------

function logOf(name) {
  if (!logs.has(name)) logs.set(name, new RoomLog());
  return logs.get(name);
}

/** Joins a room, or joins it again after a reconnection: both ask for what is not here yet. */
async function enter(name) {
  const log = logOf(name);
  room = name;
  joinedRoom = null;
  stopTyping();
  view.showRoom(room, log.entries);
  if (!socket.connected) return; // "connect" will take us there

  try {
    const reply = await socket.timeout(5000).emitWithAck("room:join", name, log.lastId);
    if (room !== name) return;
    // The address bar or an old session may name a room that does not exist.
    if (!reply.ok) return name === "general" ? view.showBanner(reply.error) : enter("general");

    if (reply.missedSome) log.note("Some messages are no longer available", reply.messages[0]?.id);
    for (const message of reply.messages) receive(message);
    log.advance(0);
    joinedRoom = name;
    sessionStorage.setItem("room", name);
    view.showEntries(log.entries);
  } catch {
    // No answer. If the connection is gone as well, "connect" will bring us back here.
    if (socket.connected && room === name) enter(name);
  }
}

function receive(message) {
  const log = logOf(message.room);
  log.add({ ...message, state: "delivered" });
  log.advance(message.id);
}

socket.on("rooms", (rooms) => view.showRooms(rooms, room));

socket.on("people", ({ room: where, names }) => {
  if (where === room) view.showPeople(names, me.name);
});

socket.on("note", ({ room: where, name, kind, time }) => {
  logOf(where).note(`${name} ${kind}`, time, name);
  if (where !== room) return;
  view.showTyping(name, false);
  view.showEntries(logOf(room).entries);
});

socket.on("message", (message) => {
  receive(message);
  if (message.room !== room) return;
  view.showTyping(message.author, false);
  view.showEntries(logOf(room).entries, true);
});

socket.on("typing", ({ room: where, name, active }) => {
  if (where === room) view.showTyping(name, active);
});

// ---- Messages --------------------------------------------------------------------------------

function say(text) {
  stopTyping();
  const time = Date.now();
  deliver({ clientId: randomId(), room, author: me.name, text, time });
}

/** Sends a message, for the first time or again: the server knows it by its clientId. */
async function deliver(message) {
  const log = logOf(message.room);
  const show = (change) => {
    log.add({ ...message, error: undefined, ...change });
    if (log === logOf(room)) view.showEntries(log.entries);
  };
  show({ state: "sending" });
  view.scrollToEnd();

  const { clientId, room: where, text } = message;
  try {
    const reply = await socket
      .timeout(5000)
      .emitWithAck("message:send", { clientId, room: where, text });
    if (!reply.ok) return show({ state: "failed", error: reply.error });
    show({ state: "delivered", id: reply.id, time: reply.time });
    // Only while we are in the room is it sure that all messages before this one have arrived.
    if (joinedRoom === where) log.advance(reply.id);
  } catch {
    // No acknowledgement in time. The server may have the message or not; a retry is safe.
    show({ state: "failed" });
  }
}

function retry(key) {
  const entry = logOf(room).entries.find((one) => one.key === key);
  if (entry?.state !== "failed") return;
  const { clientId, room: where, author, text, time } = entry;
  deliver({ clientId, room: where, author, text, time });
}

// ---- Typing ----------------------------------------------------------------------------------

let typingUntil = 0;
let typingTimer;

function typed(hasText) {
  if (!hasText) return stopTyping();
  const now = Date.now();
  // Not for every key: once, and again when those who see it are about to forget it.
  if (now > typingUntil) {
    socket.volatile.emit("typing", true);
    typingUntil = now + view.TYPING_LASTS / 2;
  }
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, view.TYPING_LASTS / 2);
}

function stopTyping() {
  clearTimeout(typingTimer);
  if (typingUntil > 0) socket.volatile.emit("typing", false);
  typingUntil = 0;
}

// ---- Start -----------------------------------------------------------------------------------

// crypto.randomUUID() exists on https and localhost only; this works on a plain http address too.
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

view.setUp({ connect, leave, enter, say, retry, typed, reconnect: () => connect(me.name) });

const knownName = params.get("name") ?? sessionStorage.getItem("name");
view.showWelcome(knownName ?? "", room);
if (knownName) connect(knownName);
