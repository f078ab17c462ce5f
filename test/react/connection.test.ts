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

test("a connection that is lost before its namespace has let it in is made again, and told of", async () => {
  let isWithheld = true;
  await using server = await createTestServer((io) => {
    io.use((socket, next) => {
      if (isWithheld) {
        isWithheld = false;
        socket.conn.close(); // between the open of the engine and the answer to CONNECT
      } else {
        next();
      }
    });
  });
  const options = { reconnectionDelay: 5, reconnectionDelayMax: 10 };
  const connection = Connection.to(server.url, options);
  const states: string[] = [];
  ends.push(
    connection.subscribe(() => {
      const { status, attempts } = connection.getState();
      states.push(`${status} ${attempts}`);
    }),
  );
  await until(connection, "connected");
  expect(states.slice(-2)).toEqual(["connecting 1", "connected 0"]);

  isWithheld = true;
  for (const session of Object.values(server.io.engine.clients)) session.close();
  await until(connection, "reconnecting");
  await until(connection, "connected");
  expect(states.slice(-2)).toEqual(["reconnecting 1", "connected 0"]);
  expect(isWithheld).toBe(false);
});
