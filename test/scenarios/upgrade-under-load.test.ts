import { afterEach, expect, test } from "bun:test";
import type { Socket as ServerSocket } from "bun-socket.io";
import { Clients, once, upgraded } from "../support/clients.ts";
import { HOSTS } from "../support/hosts.ts";

const SESSIONS = 300;
const AFTER_UPGRADE = 10;

const clients = new Clients();
afterEach(() => clients.closeAll());

function payloadOf(sequence: number): unknown {
  return sequence % 5 === 0 ? { bytes: Buffer.from([sequence % 256]) } : `#${sequence}`;
}

/** Sends numbered events, some with an attachment, until told to stop and a few beyond. */
function startStream(send: (sequence: number, payload: unknown) => void): {
  stop(): Promise<number>;
} {
  let sequence = 0;
  let left = Number.POSITIVE_INFINITY;
  let finished: (count: number) => void;
  const done = new Promise<number>((resolve) => {
    finished = resolve;
  });
  const sendNext = (): void => {
    if (left-- <= 0) {
      finished(sequence);
      return;
    }
    send(sequence, payloadOf(sequence));
    sequence++;
    setTimeout(sendNext, 1);
  };
  sendNext();
  return {
    stop() {
      left = AFTER_UPGRADE;
      return done;
    },
  };
}

function eventsUpTo(count: number): unknown[] {
  return Array.from({ length: count }, (_, sequence) => [sequence, payloadOf(sequence)]);
}

test.each(HOSTS)(
  `with $name, ${SESSIONS} sessions upgrade while events flow both ways, and each event arrives once and in order`,
  async (host) => {
    const running = host.start();
    const overPolling = new Set<string>();

    const serverSide = new Map<string, Promise<void>>();
    const serve = async (socket: ServerSocket): Promise<void> => {
      overPolling.add(socket.conn.transport.name);
      const received: unknown[] = [];
      socket.on("up", (...args: unknown[]) => received.push(args));
      const end = once<[number]>(socket, "up end");
      const stream = startStream((sequence, payload) => socket.emit("down", sequence, payload));
      if (!socket.conn.upgraded) {
        await once(socket.conn, "upgrade");
      }
      socket.emit("down end", await stream.stop());
      const [count] = await end;
      expect(received).toEqual(eventsUpTo(count));
    };
    running.io.on("connection", (socket) => {
      serverSide.set(socket.id, serve(socket));
    });

    const runClient = async (): Promise<number> => {
      const client = clients.make(running.url);
      const received: unknown[] = [];
      client.on("down", (...args: unknown[]) => received.push(args));
      const end = once<[number]>(client, "down end");
      await once(client, "connect");
      const stream = startStream((sequence, payload) => client.emit("up", sequence, payload));
      await upgraded(client);
      client.emit("up end", await stream.stop());
      const [count] = await end;
      expect(received).toEqual(eventsUpTo(count));
      expect(client.io.engine.transport.name).toBe("websocket");
      return count;
    };
    const counts = await Promise.all(Array.from({ length: SESSIONS }, runClient));
    await Promise.all(serverSide.values());

    expect(serverSide.size).toBe(SESSIONS);
    expect([...overPolling]).toEqual(["polling"]);
    expect(Math.min(...counts)).toBeGreaterThan(AFTER_UPGRADE);
    await running.close();
    expect(running.io.engine.clientsCount).toBe(0);
  },
  60_000,
);
