// What a client can do by itself to a server of node:http.

import { expect, test } from "bun:test";
import { once } from "node:events";
import { connect } from "node:net";
import { HOSTS } from "../support/hosts.ts";

test("a connection of a WebSocket that nobody serves is closed, whatever its client does", async () => {
  const running = HOSTS.find(({ isNode }) => isNode)?.start({ destroyUpgradeTimeout: 1 });
  const client = connect({
    port: running?.port ?? 0,
    host: "127.0.0.1",
    allowHalfOpen: true, // it does not end its half when the server does
  });
  client.resume();
  client.write(
    "GET /other HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(client, "end");
  await running?.close(); // it waits for the server's connections
  expect(client.bytesRead).toBe(0);
  client.destroy();
});
