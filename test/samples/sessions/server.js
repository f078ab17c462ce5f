// Authentication: sessions of express-session, shared by the routes and the sockets.
import { createServer } from "node:http";
import express from "express";
import session from "express-session";
import { Server } from "socket.io";

const app = express();
const httpServer = createServer(app);
const sessionMiddleware = session({
  secret: "for tests",
  resave: false,
  saveUninitialized: false,
});

app.use(sessionMiddleware);
app.use(express.json());

app.post("/login", (req, res) => {
  if (req.body.password !== "secret") {
    res.status(401).end();
    return;
  }
  req.session.username = req.body.username;
  res.status(204).end();
});
app.get("/me", (req, res) => {
  res.json({ username: req.session.username, count: req.session.count });
});
app.post("/logout", (req, res) => {
  const sessionId = req.session.id;
  req.session.destroy(() => {
    // Every socket of the session goes too.
    io.in(`session:${sessionId}`).disconnectSockets();
    res.status(204).end();
  });
});

const io = new Server(httpServer);
const onlyForHandshake = (middleware) => (req, res, next) => {
  const isHandshake = req._query.sid === undefined;
  if (isHandshake) middleware(req, res, next);
  else next();
};

io.engine.use(onlyForHandshake(sessionMiddleware));
io.engine.use(
  onlyForHandshake((req, res, next) => {
    if (req.session.username) {
      next();
    } else {
      res.writeHead(401);
      res.end();
    }
  }),
);

io.use((socket, next) => {
  const { username } = socket.request.session;
  if (username !== "mallory") {
    socket.data.username = username;
    next();
    return;
  }
  const error = new Error("not you");
  error.data = { code: "BANNED" };
  next(error);
});

io.on("connection", (socket) => {
  const req = socket.request;
  socket.join(`session:${req.session.id}`);

  socket.use((_packet, next) => {
    req.session.reload((error) => {
      if (error) socket.disconnect();
      else next();
    });
  });
  socket.on("whoami", (done) => done(socket.data.username));
  socket.on("count", (done) => {
    req.session.count = (req.session.count ?? 0) + 1;
    req.session.save(() => done(req.session.count));
  });
});

httpServer.listen(process.env.PORT, () => {
  console.log(`listening on ${httpServer.address().port}`);
});
