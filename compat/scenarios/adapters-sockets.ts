// Sockets of all servers: found, moved and disconnected from one of them.

import type { Anything } from "../scenario.ts";
import {
  ALL_KINDS,
  clients,
  inFleets,
  joinAll,
  KINDS,
  named,
  onEachSocket,
} from "./adapters-support.ts";

/** What is known of sockets that were found, by the names of their clients. */
function describe(sockets: Anything[]): unknown {
  return sockets
    .map(({ id, data, rooms, handshake }) => ({
      name: handshake.query.name,
      id: id === [...rooms][0] ? "its first room" : `${id} of ${[...rooms]}`,
      data,
      rooms: named(rooms),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const adapterSocketScenarios = inFleets([
  {
    name: "sockets of all servers are found, by rooms and exceptions",
    kinds: ALL_KINDS,
    mixed: KINDS,
    size: 3,
    server(nodes, { command }) {
      for (const [index, io] of nodes.entries()) {
        onEachSocket(io, (socket) => {
          socket.data = { index, list: [null, { deep: "é" }] };
        });
      }
      command("find", async (who: number, what: string) => {
        const io = nodes[who];
        const from = {
          all: io,
          a: io.in("a"),
          "a or b": io.in(["a", "b"]),
          "not a": io.except("a"),
          "b, not a": io.in("b").except("a"),
          nobody: io.in("nobody's"),
          local: io.local,
        }[what];
        return describe(await from.fetchSockets());
      });
    },
    async client(t) {
      const [ann, bob, cat] = await clients(t, 3);
      await joinAll([
        [ann, ["a", "b"]],
        [bob, "a"],
        [cat, "b"],
      ]);
      for (const what of ["all", "a", "a or b", "not a", "b, not a", "nobody", "local"]) {
        for (const who of [0, 2]) {
          t.log(`${what}, for ${who}`, await t.command("find", who, what));
        }
      }
    },
  },
  {
    name: "a socket of another server has its handshake, and the data of now",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command, log }) {
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.on("data", (data: unknown, reply: () => void) => {
            socket.data = data;
            reply();
          });
        });
      }
      command("look", async (who: number, id: string) => {
        const found = (await nodes[who].in(id).fetchSockets()) as Anything[];
        for (const { handshake, data, rooms } of found) {
          const { headers, address, url, issued, time, ...rest } = handshake;
          const { host, ...others } = headers;
          log("handshake", rest, Object.keys(others).sort(), typeof issued, typeof time);
          log("address", typeof address, url.startsWith("/socket.io/?"), typeof host);
          log("data", data, rooms.size);
        }
      });
    },
    async client(t) {
      const peers = await clients(t, 2, { auth: { token: "é", deep: { list: [1, null] } } });
      for (const [who, other] of [
        [0, peers[1]],
        [1, peers[0]],
      ] as const) {
        await t.command("look", who, other.socket.id);
        for (const data of [{ changed: [1, { a: null }] }, "text", { date: 0.5 }]) {
          await other.ask("data", data);
          await t.command("look", who, other.socket.id);
        }
      }
    },
  },
  {
    name: "a member of a socket's data is undefined",
    server(nodes, { command, log }) {
      for (const io of nodes) {
        onEachSocket(io, (socket) => {
          socket.data = { a: undefined, b: [undefined], c: 1 };
        });
      }
      command("look", async (id: string) => {
        const [remote] = (await nodes[0].in(id).fetchSockets()) as Anything[];
        log("data", remote.data);
      });
    },
    async client(t) {
      const [, bob] = await clients(t);
      await t.command("look", bob.socket.id);
    },
  },
  {
    name: "the ids of all sockets",
    kinds: KINDS,
    server(nodes, { command, log }) {
      command("count", async (who: number) => {
        const io = nodes[who];
        log(
          "ids",
          [...(await io.allSockets())].map((id) => typeof id),
        );
        log("in the room", (await io.in("room").allSockets()).size);
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "room"],
        [bob, "room"],
      ]);
      await t.command("count", 0);
      await t.command("count", 1);
    },
  },
]);
