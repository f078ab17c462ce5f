// The page: it asks who is logged in, then connects. The session cookie goes with every request.
const element = (id) => document.getElementById(id);
const status = element("status");

function log(text, className = "") {
  const line = document.createElement("li");
  line.textContent = text;
  line.className = className;
  element("log").append(line);
  line.scrollIntoView();
}

function connect(name) {
  // `io` comes from /socket.io/socket.io.js.
  const socket = window.io();

  socket.on("connect", async () => {
    const visits = await socket.emitWithAck("visit");
    status.textContent = `Logged in as ${name}, visit ${visits} of this session.`;
  });
  socket.on("connect_error", (error) => {
    status.textContent = `Not connected: ${error.message}.`;
  });
  socket.on("disconnect", (reason) => {
    // The server does this when the session ends, also if that happened in another tab.
    if (reason === "io server disconnect" || reason === "transport close") location.reload();
  });
  socket.on("note", (text) => log(text, "note"));
  socket.on("said", ({ name, text }) => log(`${name}: ${text}`));

  element("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = element("text").value.trim();
    if (text === "") return;
    element("text").value = "";
    const { ok } = await socket.emitWithAck("say", text);
    log(ok ? `You: ${text}` : "That was not sent.", ok ? "" : "note");
  });
}

const { name } = await (await fetch("/api/me")).json();
element(name ? "lobby" : "login").hidden = false;
if (name) connect(name);
else status.textContent = "Log in to come in.";
