// Sockets of all servers: moved and disconnected from one of them.

import type { Anything, ClientTools } from "../scenario.ts";
import { ALL_KINDS, clients, inFleets, joinAll, KINDS, named, say } from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

const untilFound = (t: ClientTools, names: string): Promise<void> =>
  t.until(async () => String(await t.command("names")) === names);

export const adapterMoveScenarios = inFleets([
  {
    name: "sockets of all servers join and leave rooms",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      command("move", (who: number) => {
        const io = nodes[who];
        io.socketsJoin(["x", "y"]);
        io.in("a").socketsJoin("in a");
        io.except("a").socketsJoin("not in a");
        io.in(["a", "b"]).except("b").socketsLeave("y");
        io.in("x").socketsLeave(["y", "nobody's"]);
        io.local.socketsJoin("local");
        io.socketsJoin("moved");
      });
      command("undo", (who: number) => {
        const io = nodes[who];
        io.socketsLeave(["x", "in a", "not in a", "local"]);
        io.socketsLeave("moved");
      });
      command("are moved", (moved: boolean) =>
        nodes
          .flatMap((io) => [...io.sockets.sockets.values()])
          .every(({ rooms }: Anything) => rooms.has("moved") === moved),
      );
      command("rooms", () =>
        nodes.map((io) =>
          [...io.sockets.sockets.values()].map(({ rooms }: Anything) => named(rooms)),
        ),
      );
      command("say", () => {
        nodes[0].to("in a").emit("said", "to a");
        nodes[0].to("not in a").emit("said", "to not a");
        nodes[0].emit("end");
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, "a"],
        [bob, "b"],
      ]);
      for (const who of [0, 1]) {
        await t.command("move", who);
        await t.until(() => t.command<boolean>("are moved", true));
        t.log("moved", await t.command("rooms"));
        await t.command("settled");
        await say(t, [ann, bob], "say");
        await t.command("undo", who);
        await t.until(() => t.command<boolean>("are moved", false));
        t.log("back", await t.command("rooms"));
      }
    },
  },
  {
    name: "sockets of all servers are disconnected from one of them",
    mixed: KINDS,
    server(nodes, { command }) {
      command(
        "disconnect",
        (who: number, room: string, close: boolean) =>
          void nodes[who].in(room).disconnectSockets(close),
      );
      command("disconnect the rest", () => void nodes[0].except("kept").disconnectSockets());
      command("names", async () =>
        ((await nodes[0].fetchSockets()) as Anything[])
          .map(({ handshake }) => handshake.query.name)
          .sort(),
      );
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const more = { transports: WEBSOCKET, server: 1 };
      const cat = await t.connect("cat", { ...more, query: { name: "cat" } });
      const dan = await t.connect("dan", { ...more, query: { name: "dan" } });
      await joinAll([
        [ann, "kept"],
        [bob, "a"],
        [cat, "b"],
      ]);
      await t.command("disconnect", 0, "a", false);
      await bob.next("disconnect");
      await t.command("disconnect", 0, "b", true);
      await cat.next("disconnect");
      await untilFound(t, "ann,dan");
      await t.command("disconnect the rest");
      await dan.next("disconnect");
      await t.command("disconnect", 1, "kept", true);
      await ann.next("disconnect");
      await untilFound(t, "");
    },
  },
  {
    name: "a socket that was found on another server is spoken to, moved and disconnected",
    kinds: ALL_KINDS,
    mixed: KINDS,
    server(nodes, { command }) {
      const each = async (who: number, id: string, act: (remote: Anything) => void) => {
        for (const remote of (await nodes[who].in(id).fetchSockets()) as Anything[]) {
          act(remote);
        }
      };
      command("say", (who: number, id: string) =>
        each(who, id, (remote) => {
          remote.emit("said", "to one", Buffer.from("bytes"));
          remote.emit("end", { deep: [null, "é"] });
        }),
      );
      command("move", (who: number, id: string) =>
        each(who, id, (remote) => {
          remote.join("x");
          remote.join(["y", "z"]);
          remote.leave("y");
          remote.join("moved");
        }),
      );
      command("disconnect", (who: number, id: string, close: boolean) =>
        each(who, id, (remote) => remote.disconnect(close)),
      );
      command("is moved", (who: number) =>
        [...nodes[who].sockets.sockets.values()].some(({ rooms }) => rooms.has("moved")),
      );
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      for (const [who, peer] of [
        [0, bob],
        [1, ann],
      ] as const) {
        const { id } = peer.socket;
        await say(t, [peer], "say", who, id);
        await t.command("move", who, id);
        await t.until(() => t.command<boolean>("is moved", 1 - who));
        await t.command("disconnect", who, id, who === 0);
        await peer.next("disconnect");
      }
    },
  },
  {
    name: "the adapter tells of rooms whoever changes them",
    mixed: KINDS,
    server(nodes, { command, log }) {
      for (const [index, io] of nodes.entries()) {
        for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) {
          io.of("/").adapter.on(event, (room: string, id?: string) => {
            if (room.length < 20 && room !== "probe" && index === 1) {
              log(event, room, typeof id);
            }
          });
        }
      }
      command("join", () => void nodes[0].socketsJoin(["a", "b"]));
      command("leave", () => void nodes[0].socketsLeave("a"));
      command("has", (room: string) => nodes[1].of("/").adapter.rooms.has(room));
    },
    async client(t) {
      const [, bob] = await clients(t);
      await t.command("join");
      await t.until(() => t.command<boolean>("has", "b"));
      await t.command("leave");
      await t.until(async () => !(await t.command<boolean>("has", "a")));
      await bob.ask("join", ["a", "c"]);
      bob.disconnect();
      await t.until(async () => !(await t.command<boolean>("has", "c")));
    },
  },
]);
