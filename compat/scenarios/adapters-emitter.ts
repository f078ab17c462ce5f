// Programs that are no servers and speak to the clients of a fleet: the emitter of the reference, and
// that of this package.

import type { Anything, CompatServer } from "../scenario.ts";
import {
  clients,
  type FleetScenario,
  type FleetTools,
  inFleets,
  joinAll,
  named,
  say,
} from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

type MakeEmitter = (tools: FleetTools) => Anything;

const THEIRS: MakeEmitter = ({ connect, prefix, referenceRedis }) =>
  new referenceRedis.Emitter(connect(), { key: prefix });

/** The emitter of the package under test. */
const OWN: MakeEmitter = ({ connect, prefix, redis }) =>
  new redis.Emitter(connect(), { key: prefix });

function withEmitters(make: (makeEmitter: MakeEmitter) => FleetScenario): FleetScenario[] {
  const theirs = make(THEIRS);
  return [
    { ...make(OWN), kinds: ["classic"], mixed: ["classic"] },
    { ...theirs, name: `${theirs.name}: that of the reference`, kinds: ["classic"] },
  ];
}

const roomsOf = (nodes: readonly CompatServer[]): string[][] =>
  nodes.flatMap((io) =>
    [...io.sockets.sockets.values()].map(({ rooms }: Anything) => named(rooms)),
  );

export const adapterEmitterScenarios = inFleets([
  ...withEmitters((makeEmitter) => ({
    name: "an emitter speaks to all, to rooms and to namespaces",
    server(nodes, tools) {
      const emitter = makeEmitter(tools);
      for (const io of nodes) {
        io.of("/b").on("connection", () => {});
      }
      tools.command("say", () => {
        emitter.emit("said", "to all", 1, null, { deep: [true] });
        emitter.emit("said", Buffer.from([0, 255]), { b: Buffer.from("x") });
        emitter.to("a").emit("said", "to a");
        emitter.in("b").emit("said", "to b");
        emitter.to("a").to("b").emit("said", "to a or b");
        emitter.to(["a", "b"]).except("b").emit("said", "to a, not b");
        emitter.except(["a"]).emit("said", "not to a");
        emitter.to(42).emit("said", "to a number");
        emitter.compress(false).to("b").emit("said", "not compressed");
        emitter.of("/b").emit("said", "in b");
        emitter.of("b").to("a").emit("said", "to nobody in b");
        emitter.of("/b").emit("end");
        return emitter.emit("end");
      });
      tools.command("say volatile", () => emitter.volatile.to(["a", "b"]).emit("end", "volatile"));
      tools.command("reserved", (event: string) => emitter.emit(event));
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const cat = bob.of("/b");
      await cat.connected();
      await t.command("ready", "/b");
      await joinAll([
        [ann, ["a", 42]],
        [bob, "b"],
      ]);
      await say(t, [ann, bob, cat], "say");
      await say(t, [ann, bob], "say volatile");
      for (const event of ["connect", "disconnect", "newListener"]) {
        t.log(event, await t.command("reserved", event).catch((error: Error) => error.message));
      }
    },
  })),
  ...withEmitters((makeEmitter) => ({
    name: "an emitter moves and disconnects sockets",
    server(nodes, tools) {
      const emitter = makeEmitter(tools);
      tools.command("move", () => {
        emitter.socketsJoin(["x", "y"]);
        emitter.in("a").socketsJoin("in a");
        emitter.in("x").except("a").socketsLeave("y");
        emitter.socketsJoin("moved");
      });
      tools.command("rooms", () => roomsOf(nodes));
      tools.command("disconnect", (room: string, close: boolean) => {
        emitter.in(room).disconnectSockets(close);
      });
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      const cat = await t.connect("cat", { transports: WEBSOCKET, server: 1 });
      await joinAll([
        [ann, "a"],
        [bob, "b"],
        [cat, "a"],
      ]);
      await t.command("move");
      await t.until(async () =>
        (await t.command<string[][]>("rooms")).every((rooms) => rooms.includes("moved")),
      );
      t.log("rooms", await t.command("rooms"));
      await t.command("disconnect", "b", false);
      await bob.next("disconnect");
      await t.command("disconnect", "a", true);
      await Promise.all([ann.next("disconnect"), cat.next("disconnect")]);
    },
  })),
  ...withEmitters((makeEmitter) => ({
    name: "an emitter speaks to the servers, who do not answer",
    server(nodes, tools) {
      const emitter = makeEmitter(tools);
      const heard = nodes.map((io) => {
        const list: unknown[] = [];
        for (const name of ["/", "/b"]) {
          io.of(name).on("hello", (...args: unknown[]) => list.push([name, ...args]));
        }
        return list;
      });
      tools.command("say", () => {
        emitter.of("/b").serverSideEmit("hello", "in b");
        emitter.serverSideEmit("hello", "world", { deep: [1, null] });
        emitter.serverSideEmit("hello");
      });
      tools.command("ask", () => emitter.serverSideEmit("hello", () => {}));
      tools.command("heard", () => heard);
    },
    async client(t) {
      await clients(t);
      await t.command("ready", "/b");
      await t.command("say");
      await t.until(async () =>
        (await t.command<unknown[][]>("heard")).every((list) => list.length === 3),
      );
      for (const list of await t.command<unknown[][]>("heard")) {
        t.log("heard", list.map((it) => JSON.stringify(it)).sort());
      }
      t.log("a callback", await t.command("ask").catch((error: Error) => error.message));
    },
  })),
]);
