// The chat itself: everything here is plain Socket.IO.
import {
  type ChatServer,
  type ChatSocket,
  parseMessage,
  parseName,
  parseToken,
} from "./protocol.ts";
import { createRooms } from "./rooms.ts";

export function setUpChat(io: ChatServer): void {
  const rooms = createRooms();
  const online = new Map<string, ChatSocket>();

  // A middleware runs before "connection". To pass an error to next() refuses the client, which
  // gets it as "connect_error", with `data`.
  io.use((socket, next) => {
    const { name: givenName, key } = socket.handshake.auth;
    const name = parseName(givenName);
    if (name === null) {
      return next(
        refusal(
          "invalid-name",
          "Use 2 to 20 letters or digits; spaces and . _ ' - are fine after the first.",
        ),
      );
    }
    socket.data.name = name;
    socket.data.key = parseToken(key) ?? socket.id;
    socket.data.room = null;

    // After a lost connection the old socket may look alive for a while. The key tells its owner,
    // who may have the name again at once, from somebody else, who may not.
    const holder = online.get(identity(name));
    if (holder && holder.data.key !== socket.data.key) {
      return next(refusal("name-taken", `“${name}” is taken. Pick another name.`));
    }
    next();
  });

  io.on("connection", (socket) => {
    const { name } = socket.data;

    online.get(identity(name))?.disconnect(true);
    online.set(identity(name), socket);
    socket.emit("rooms", listRooms());

    socket.on("room:join", async (roomName, lastId, reply) => {
      if (typeof reply !== "function") return;
      const room = rooms.get(roomName);
      if (!room || (lastId !== null && !Number.isFinite(lastId))) {
        return reply({ ok: false, error: "There is no such room." });
      }

      const previous = socket.data.room;
      if (previous !== room.name) {
        socket.data.room = room.name;
        if (previous !== null) {
          await socket.leave(previous);
          announce(previous, "left");
        }
        await socket.join(room.name);
        announce(room.name, "joined");
      }
      // Read the history only after the join: a message that comes in between is then sent twice
      // (and the page knows it by its id) rather than not at all.
      reply({ ok: true, room: room.name, ...room.since(lastId) });
    });

    socket.on("message:send", (payload, reply) => {
      if (typeof reply !== "function") return;
      const outgoing = parseMessage(payload);
      const room = outgoing && rooms.get(outgoing.room);
      if (!outgoing || !room) {
        return reply({ ok: false, error: "That message is not valid." });
      }

      const { message, isNew } = room.add(name, outgoing);
      // socket.to() is everybody in the room but the author, who has the acknowledgement instead.
      if (isNew) socket.to(room.name).emit("message", message);
      reply({ ok: true, id: message.id, time: message.time });
    });

    socket.on("typing", (active) => {
      const { room } = socket.data;
      if (room === null) return;
      // Volatile: whoever is not ready to receive it now does without. Old news is no use here.
      socket.to(room).volatile.emit("typing", { room, name, active: active === true });
    });

    socket.on("disconnect", () => {
      if (online.get(identity(name)) === socket) online.delete(identity(name));
      // The socket has left its rooms already.
      if (socket.data.room !== null) announce(socket.data.room, "left");
    });

    function announce(room: string, kind: "joined" | "left"): void {
      socket.to(room).emit("note", { room, name, kind, time: Date.now() });
      io.emit("rooms", listRooms());
      void announcePeople(room);
    }
  });

  async function announcePeople(room: string): Promise<void> {
    const sockets = await io.in(room).fetchSockets();
    const names = sockets.map((socket) => socket.data.name).sort((a, b) => a.localeCompare(b));
    io.to(room).emit("people", { room, names });
  }

  function listRooms() {
    const members = io.of("/").adapter.rooms;
    return [...rooms.values()].map(({ name, topic }) => ({
      name,
      topic,
      people: members.get(name)?.size ?? 0,
    }));
  }
}

/** Two names that a reader could hardly tell apart are the same name. */
function identity(name: string): string {
  return name.toLowerCase();
}

function refusal(code: string, message: string): Error & { data: { code: string } } {
  return Object.assign(new Error(message), { data: { code } });
}
