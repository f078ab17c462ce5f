// Private messages: a session that the client keeps, and a room for each user.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";
import { SessionStore } from "./sessions.ts";

/** A socket with what the middleware found out, as many programs keep it. */
interface UserSocket extends Socket {
  sessionID?: string;
  userID?: string;
  username?: string;
}

const httpServer = createServer();
const io = new Server(httpServer, { cors: { origin: "http://localhost:8080" } });
const sessions = new SessionStore();
const randomId = () => randomBytes(8).toString("hex");

io.use((socket: UserSocket, next) => {
  const { sessionID, username } = socket.handshake.auth;
  const known = sessionID && sessions.find(sessionID);
  if (known) {
    socket.sessionID = sessionID;
    socket.userID = known.userID;
    socket.username = known.username;
    return next();
  }
  if (!username) {
    return next(new Error("invalid username"));
  }
  socket.sessionID = randomId();
  socket.userID = randomId();
  socket.username = username;
  next();
});

io.on("connection", (socket: UserSocket) => {
  const { sessionID = "", userID = "", username = "" } = socket;
  sessions.save(sessionID, { userID, username, connected: true });
  socket.emit("session", { sessionID, userID });
  socket.join(userID);
  socket.emit("users", sessions.all());
  socket.broadcast.emit("user connected", { userID, username, connected: true });

  socket.on("private message", ({ content, to }) => {
    // To the other, and to the other tabs of the sender.
    socket.to(to).to(userID).emit("private message", { content, from: userID, to });
  });

  socket.on("disconnect", async () => {
    const matching = await io.in(userID).fetchSockets();
    if (matching.length > 0) return;
    socket.broadcast.emit("user disconnected", userID);
    sessions.save(sessionID, { userID, username, connected: false });
  });
});

httpServer.listen(process.env.PORT, () => {
  const address = httpServer.address();
  console.log(`listening on ${typeof address === "object" ? address?.port : address}`);
});
