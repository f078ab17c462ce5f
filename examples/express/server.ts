// Express 5 and Socket.IO on one port, with one session for both.
import { createServer } from "node:http";
import { join } from "node:path";
import { Server } from "bun-socket.io";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { type ClientToServer, onlyForHandshakes, roomOf, type ServerToClient } from "./session.ts";

const { PORT = "3000", HOST = "127.0.0.1", SESSION_SECRET = crypto.randomUUID() } = process.env;

const app = express();
const httpServer = createServer(app);
const io = new Server<ClientToServer, ServerToClient>(httpServer);

const sessions = session({
  secret: SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "strict" },
});

// 'self' covers the page, the client bundle below /socket.io/ and the WebSocket, all on this port.
const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'self'"], formAction: ["'self'"], frameAncestors: ["'none'"] },
  },
});

app.use(headers);
app.use(sessions);
// Middlewares of Express do not see the requests of Socket.IO: those have their own chain.
io.engine.use(headers);
io.engine.use(onlyForHandshakes(sessions));

app.use(express.static(join(import.meta.dir, "public")));

app.get("/api/me", (request, response) => {
  const { name = null, visits = 0 } = request.session;
  response.json({ name, visits });
});

app.post("/login", express.urlencoded({ extended: false }), (request, response, next) => {
  const name = String(request.body?.name ?? "").trim();
  if (!/^[\p{L}\p{N} ]{2,20}$/u.test(name)) {
    response.status(400).send("A name has 2 to 20 letters or digits.");
    return;
  }
  // A new id with the login: one that somebody slipped to the browser before is worth nothing.
  request.session.regenerate((error?: Error) => {
    if (error) return next(error);
    request.session.name = name;
    request.session.visits = 0;
    // Saved before the answer, as the page that it leads to connects at once.
    request.session.save((error?: Error) => (error ? next(error) : response.redirect("/")));
  });
});

app.post("/logout", (request, response, next) => {
  const room = roomOf(request.session);
  request.session.destroy((error?: Error) => {
    if (error) return next(error);
    // Every tab of this browser, and nobody else.
    io.in(room).disconnectSockets(true);
    response.clearCookie("connect.sid").redirect("/");
  });
});

io.use((socket, next) => {
  next(socket.request.session.name ? undefined : new Error("log in first"));
});

io.on("connection", (socket) => {
  const { session } = socket.request;
  const name = session.name ?? "";
  socket.join(["lobby", roomOf(session)]);
  socket.to("lobby").emit("note", `${name} is here`);

  socket.on("visit", (reply) => {
    // A socket has the session as it was at the handshake; other requests may have changed it.
    session.reload((error?: Error) => {
      if (error) return socket.disconnect(true);
      session.visits = (session.visits ?? 0) + 1;
      const { visits } = session;
      session.save(() => reply(visits));
    });
  });

  socket.on("say", (text, reply) => {
    if (typeof text !== "string" || text.length > 500) return reply({ ok: false });
    socket.to("lobby").emit("said", { name, text });
    reply({ ok: true });
  });

  socket.on("disconnect", () => {
    socket.to("lobby").emit("note", `${name} has left`);
  });
});

httpServer.listen(Number(PORT), HOST, () => {
  const address = httpServer.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log(`Express and Socket.IO listen on http://${HOST}:${port}`);
});
