// Rooms and namespaces, with the function that require() gives.
const server = require("node:http").createServer();
const io = require("socket.io")(server, { transports: ["websocket", "polling"] });

const news = io.of("/news");
const history = [];
for (const event of ["create-room", "delete-room", "join-room", "leave-room"]) {
  news.adapter.on(event, (room) => {
    if (/^#/.test(room)) history.push(`${event} ${room}`);
  });
}

news.on("connection", (socket) => {
  socket.data.name = socket.handshake.query.name;

  socket.on("join", async (rooms, done) => {
    await socket.join(rooms);
    done([...socket.rooms].filter((room) => room !== socket.id).sort());
  });
  socket.on("leave", async (room, done) => {
    await socket.leave(room);
    done(socket.rooms.has(room));
  });
  socket.on("say", (room, text) => socket.to(room).emit("said", socket.data.name, text));
  socket.on("shout", (rooms, except, text) => {
    news.in(rooms).except(except).emit("said", socket.data.name, text);
  });
  socket.on("who", async (room, done) => {
    const sockets = await news.in(room).fetchSockets();
    done(sockets.map((each) => each.data.name).sort());
  });
  socket.on("move everyone", async (from, to, done) => {
    news.in(from).socketsJoin(to);
    news.in(from).socketsLeave(from);
    done(news.adapter.rooms.has(from), news.adapter.rooms.get(to)?.size);
  });
  socket.on("ask", (room, question, done) => {
    news
      .to(room)
      .timeout(5000)
      .emit("question", question, (err, answers) => {
        done(err === null, answers.sort());
      });
  });
  socket.on("history", (done) => done(history));
  socket.on("disconnecting", () => {
    for (const room of socket.rooms) {
      if (room !== socket.id) socket.to(room).emit("left", socket.data.name, room);
    }
  });
});

io.on("connect", (socket) => socket.send("the main namespace"));

server.listen(process.env.PORT, () => console.log(`listening on ${server.address().port}`));
