// Connection state recovery over Redis streams, on the same server and on another.

import type { Peer } from "../peer.ts";
import type { Anything, ClientTools } from "../scenario.ts";
import { clients, type FleetScenario, inFleets, joinAll, named } from "./adapters-support.ts";
import { WEBSOCKET } from "./client-support.ts";

interface Recovery {
  name: string;
  /** To which server the client comes back. */
  to: number;
  /** What the servers say while the client is away: the number of the server, the room, the text. */
  missed: readonly (readonly [number, string, string])[];
  isRecovered?: boolean;
  /** Another way to come back: with what it says of its session. */
  claim?: (ann: Anything) => { pid: unknown; offset: unknown };
  options?: Record<string, unknown>;
  meanwhile?: (t: ClientTools) => Promise<unknown>;
}

/** Until the client has got this text. */
function heard(peer: Peer, text: string): Promise<void> {
  return new Promise((resolve) => {
    peer.on("said", (...args) => args[0] === text && resolve());
  });
}

/** Remembers the offsets of what a client gets; what it returns says whether they ascend. */
function watchOffsets(peer: Peer): () => unknown {
  const offsets: unknown[] = [];
  peer.on("said", (...args) => offsets.push(args.at(-1)));
  const key = (offset: unknown): string =>
    String(offset)
      .split("-")
      .map((part) => part.padStart(20, "0"))
      .join("-");
  return () => [
    offsets.length,
    offsets.every((it, index) => index === 0 || key(it) > key(offsets[index - 1])),
  ];
}

/** A client in rooms loses its connection, misses things, and comes back. */
function comesBack(it: Recovery): FleetScenario {
  return {
    name: it.name,
    kinds: ["streams"],
    mixed: ["streams"],
    options: { connectionStateRecovery: it.options ?? {} },
    server(nodes, { command, logOf }) {
      for (const io of nodes) {
        io.on("connection", (socket: Anything) => {
          logOf(socket, "data and rooms", socket.data, named(socket.rooms));
          socket.on("remember", (value: unknown, reply: () => void) => {
            socket.data.value = value;
            reply();
          });
        });
      }
      command("say", (who: number, room: string, text: string) => {
        const io = nodes[who];
        const to = room === "" ? io : room.startsWith("-") ? io.except(room.slice(1)) : io.to(room);
        to.emit("said", text, ...(text.includes("bytes") ? [Buffer.from([0, 255])] : []));
      });
      command("volatile", () => void nodes[0].volatile.emit("said", "volatile"));
      command("count", () => nodes.map((io) => io.sockets.sockets.size));
    },
    async client(t) {
      const [ann, bob] = await clients(t);
      await joinAll([
        [ann, ["room", "another"]],
        [bob, ["room", "another", "elsewhere"]],
      ]);
      const offsets = watchOffsets(bob);
      await ann.ask("remember", { deep: ["é", null] });
      await t.command("say", 1, "room", "first");
      await Promise.all([ann.next("said"), bob.next("said")]);
      t.cut("ann");
      await ann.next("disconnect");
      await t.until(async () => (await t.command<number[]>("count"))[0] === 0);
      for (const [who, room, text] of it.missed) {
        const arrived = heard(bob, text);
        await t.command("say", who, room, text);
        await arrived;
      }
      await it.meanwhile?.(t);
      const back = t.client("back", { transports: WEBSOCKET, server: it.to, autoConnect: false });
      const { pid, offset } = it.claim?.(ann.socket) ?? {
        pid: ann.socket._pid,
        offset: ann.socket._lastOffset,
      };
      Object.assign(back.socket, { _pid: pid, _lastOffset: offset });
      const ended = heard(back, "end");
      back.socket.connect();
      await back.next("connect");
      back.log("recovered", back.socket.recovered, back.socket.id === ann.socket.id);
      await t.command("say", 1 - it.to, "", "end");
      await ended;
      const last = heard(bob, "to the room");
      const backHeard = it.isRecovered === false ? null : heard(back, "to the room");
      await t.command("say", it.to, "room", "to the room");
      await last;
      await backHeard;
      bob.log("offsets", offsets());
    },
  };
}

const MISSED = [
  [0, "room", "from the first server"],
  [1, "room", "bytes from the second"],
  [1, "elsewhere", "for others"],
  [0, "another", "to another room"],
  [1, "-nobody's", "to all but nobody's"],
  [1, "", "to all"],
] as const;

export const adapterRecoveryScenarios = inFleets([
  comesBack({
    name: "a session is recovered on its server, with what all said",
    to: 0,
    missed: MISSED,
  }),
  comesBack({ name: "a session is recovered on another server", to: 1, missed: MISSED }),
  comesBack({
    name: "a session that missed nothing is recovered on another server",
    to: 1,
    missed: [],
  }),
  comesBack({
    name: "a session that nobody knows is a new one",
    to: 1,
    missed: MISSED.slice(0, 1),
    isRecovered: false,
    claim: ({ _lastOffset }) => ({ pid: "nobody's", offset: _lastOffset }),
  }),
  comesBack({
    name: "a session with an offset that is none is a new one",
    to: 0,
    missed: MISSED.slice(0, 1),
    isRecovered: false,
    claim: ({ _pid }) => ({ pid: _pid, offset: "not an offset" }),
  }),
  comesBack({
    name: "a session that was away for too long is a new one",
    to: 1,
    missed: MISSED.slice(0, 1),
    isRecovered: false,
    options: { maxDisconnectionDuration: 100 },
    meanwhile: () => new Promise((resolve) => setTimeout(resolve, 1100)),
  }),
]);
