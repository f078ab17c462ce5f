import { afterEach, describe, expect, test } from "bun:test";
import { WebTransportWorld, webTransportSuite } from "../suites/webtransport.ts";
import { once } from "../support/clients.ts";
import { HOSTS, type Host } from "../support/hosts.ts";
import { REFERENCE } from "../support/reference.ts";

const [own] = HOSTS as [Host];

for (const host of [own, REFERENCE]) {
  for (const upgrades of [false, true]) {
    describe(`${host.name}, ${upgrades ? "upgraded to WebTransport" : "over WebTransport"}`, () => {
      const world = new WebTransportWorld(host, upgrades);
      afterEach(() => world.end());
      webTransportSuite(world);

      // The reference closes the connection without waiting for what it has just written.
      if (host === own) {
        test("the last packets arrive before the connection is closed", async () => {
          world.start();
          const { client, socket } = await world.join();
          const last = once(client, "last");
          const gone = once(client, "disconnect");
          socket.emit("last", Buffer.alloc(100_000, 1));
          socket.disconnect(true);
          expect(await last).toEqual([Buffer.alloc(100_000, 1)]);
          expect((await gone)[0]).toBe("io server disconnect");
        });

        test("a connection that is lost ends the session at both ends", async () => {
          const io = world.start();
          const { client, socket } = await world.join();
          const gone = [once(client, "disconnect"), once(socket, "disconnect")];
          world.sessions.at(-1)?.lose(new Error("lost"));
          const reasons = await Promise.all(gone);
          expect(reasons.map(([reason]) => reason)).toEqual(["transport error", "transport error"]);
          expect(io.engine.clientsCount).toBe(0);
        });
      }
    });
  }
}
