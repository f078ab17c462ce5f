// A CommonJS program written for `socket.io`, as in its tutorials.
const io = require("socket.io")(0, { pingInterval: 5000 });
const { Server, Namespace, Socket } = require("socket.io");
const { io: connect } = require("socket.io-client");

io.on("connection", (socket) => {
  socket.on("double", (value, reply) => reply(value * 2, socket instanceof Socket));
});

const { port } = io.httpServer.address();
const client = connect(`http://127.0.0.1:${port}`);
client.emit("double", 21, async (doubled, isSocket) => {
  client.close();
  await io.close();
  console.log(
    JSON.stringify({
      doubled,
      isSocket,
      isServer: io instanceof Server,
      isNamespace: io.sockets instanceof Namespace,
    }),
  );
});
