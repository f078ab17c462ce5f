// The connection that hooks share, without a page.

import { afterEach, expect, test } from "bun:test";
import { createTestServer } from "bun-socket.io/testing";
import { Connection } from "../../lib/react/connection.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Subscribes, until the status is that; returns what unsubscribes. */
async function until(connection: Connection, status: string): Promise<() => void> {
  let end = (): void => {};
  await new Promise<void>((resolve) => {
    const look = () => {
      if (connection.getState().status === status) resolve();
    };
    end = connection.subscribe(look);
    look();
  });
  ends.push(end);
  return end;
}

test("who comes right behind somebody who was refused begins anew", async () => {
  await using server = await createTestServer((io) => {
    io.use(({ handshake }, next) => next(handshake.auth.token ? undefined : new Error("no token")));
  });
  const options = { transports: ["websocket"], auth: { token: "" } };
  const refused = Connection.to(server.url, options);
  const leave = await until(refused, "disconnected");
  expect(refused.getState().error?.message).toBe("no token");
  expect(Connection.to(server.url, options)).toBe(refused); // as each render does
  leave();
  const next = Connection.to(server.url, { auth: { token: "good" } });
  expect(next).toBe(refused);
  expect(next.getState()).toEqual({ status: "connecting", error: null, attempts: 0 });
  await until(next, "connected");
});
