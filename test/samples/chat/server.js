// The first program that everyone writes: a page, a server of node:http, lines of chat for all.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { Server } = require("socket.io");

const server = http.createServer((req, res) => {
  if (req.url !== "/") {
    res.writeHead(404).end("no such page");
    return;
  }
  res.writeHead(200, { "Content-Type": "text/html" });
  fs.createReadStream(path.join(__dirname, "index.html")).pipe(res);
});
const io = new Server(server);
let people = 0;

io.on("connection", (socket) => {
  let name = null;

  socket.on("add user", (chosen) => {
    if (name !== null) return;
    name = chosen;
    people += 1;
    socket.emit("login", { people });
    socket.broadcast.emit("user joined", { name, people });
  });
  socket.on("typing", () => {
    socket.broadcast.volatile.emit("typing", { name });
  });
  socket.on("chat message", (line) => {
    io.emit("chat message", `${name}: ${line}`);
  });
  socket.on("disconnect", () => {
    if (name === null) return;
    people -= 1;
    socket.broadcast.emit("user left", { name, people });
  });
});

server.listen(process.env.PORT, "127.0.0.1", () => {
  console.log(`listening on ${server.address().port}`);
});
