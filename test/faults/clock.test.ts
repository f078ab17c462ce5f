// The clock of the machine is set, or jumps, while clients are there.

import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import { Clients, connected, once } from "../support/clients.ts";
import { HOSTS, type Running, TRANSPORTS } from "../support/hosts.ts";

const DAY_MS = 86_400_000;

describe.each(HOSTS)("with $name", (host) => {
  const clients = new Clients();
  let running: Running;
  afterEach(async () => {
    setSystemTime();
    clients.closeAll();
    await running.close();
  });

  test.each(
    TRANSPORTS.flatMap(({ name, transports }) => [
      { name, transports, to: "forwards", jumpMs: DAY_MS },
      { name, transports, to: "back", jumpMs: -DAY_MS },
    ]),
  )(
    "when the clock jumps $to, no session, acknowledgement or kept session over $name runs out",
    async ({ transports, jumpMs }) => {
      running = host.start({
        pingInterval: 50,
        pingTimeout: 5_000,
        connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
      });
      const { io } = running;
      const options = { transports: [...transports] };
      const client = await clients.connect(running.url, options);
      const leaver = await clients.connect(running.url, options);
      const { id } = leaver;
      const socket = io.sockets.sockets.get(client.id ?? "");
      if (socket === undefined) throw new Error("no socket");
      let reply: ((text: string) => void) | undefined;
      const asked = new Promise<void>((resolve) => {
        client.on("question", (given) => {
          reply = given;
          resolve();
        });
      });
      const answer = socket.timeout(60_000).emitWithAck("question");
      await asked;
      const left = once(io.sockets.sockets.get(id ?? "") as never, "disconnect");
      leaver.io.engine.close();
      await left;

      setSystemTime(Date.now() + jumpMs);
      for (let beat = 0; beat < 3; beat++) await once(socket.conn, "heartbeat");
      reply?.("yes");
      expect(await answer).toBe("yes");
      expect(client.connected).toBe(true);
      leaver.connect();
      await connected(leaver);
      expect([leaver.recovered, leaver.id]).toEqual([true, id]);
    },
  );
});
