// Whose connection the hooks of bun-socket.io/react share, with a server and the stock client.

import { afterEach, expect, spyOn, test } from "bun:test";
import { Server } from "bun-socket.io";
import { Connection } from "../../lib/react/connection.ts";
import { portOf } from "../support/hosts.ts";

const io = new Server({ hostname: "127.0.0.1" });
/** Who connected, in order. */
const users: unknown[] = [];
io.on("connection", (socket) => users.push(socket.handshake.auth.user));
const leave: (() => void)[] = [];

afterEach(async () => {
  for (const each of leave.splice(0)) each();
  await io.close();
  users.length = 0;
});

function start(): string {
  io.listen(0);
  return `http://127.0.0.1:${portOf(io.httpServer)}`;
}

/** What the hook does of a component: when it is rendered, and when it is there. */
function render(url: string, user?: string) {
  const auth = user === undefined ? undefined : { user };
  const options = { reconnectionDelay: 5, reconnectionDelayMax: 10 };
  const connection = Connection.to(url, auth === undefined ? options : { ...options, auth });
  const component = {};
  let onChange = (): void => {};
  let takeAuth: (() => void) | undefined;
  return {
    connection,
    mount(): () => void {
      const unsubscribe = connection.subscribe(() => onChange());
      takeAuth = connection.giveAuth(component, auth);
      const unmount = () => {
        takeAuth?.();
        unsubscribe();
      };
      leave.push(unmount);
      return unmount;
    },
    /** It is there, and is rendered with another `auth`. */
    rerender(other: string): void {
      Connection.to(url, { auth: { user: other } });
      takeAuth?.();
      takeAuth = connection.giveAuth(component, { user: other });
    },
    /** Resolves when it sees a status. */
    sees(status: string): Promise<void> {
      return new Promise((resolve) => {
        onChange = () => {
          if (connection.getState().status === status) resolve();
        };
        onChange();
      });
    },
  };
}

test("the auth of the first component that asks counts, also if others are rendered with it", async () => {
  const url = start();
  const [first, second] = [render(url, "ada"), render(url)];
  first.mount();
  second.mount();
  await first.sees("connected");
  expect(users).toEqual(["ada"]);
});

test("the auth of a component that is rendered, but never there, does not count", async () => {
  const url = start();
  render(url, "nobody yet");
  const ada = render(url, "ada");
  ada.mount();
  await ada.sees("connected");
  expect(users).toEqual(["ada"]);
});

test("who takes over from another user does not get the connection of that one", async () => {
  const url = start();
  const ada = render(url, "ada");
  const unmount = ada.mount();
  await ada.sees("connected");
  const bob = render(url, "bob"); // while the other is there
  unmount();
  const leaveBob = bob.mount();
  await bob.sees("connected");
  expect(users).toEqual(["ada", "bob"]);
  leaveBob();
  const eve = render(url, "eve"); // while the connection is
  eve.mount();
  await eve.sees("connected");
  expect(users).toEqual(["ada", "bob", "eve"]);
});

test("who takes over from the same user does", async () => {
  const url = start();
  const first = render(url, "ada");
  const unmount = first.mount();
  await first.sees("connected");
  const second = render(url, "ada");
  unmount();
  second.mount();
  expect(second.connection.getState().status).toBe("connected");
  expect(users).toEqual(["ada"]);
});

test("a component that comes back after a disconnection by the server connects anew, once", async () => {
  const url = start();
  const first = render(url, "ada");
  const unmount = first.mount();
  await first.sees("connected");
  const { io: manager } = first.connection.socket(undefined);
  io.disconnectSockets();
  await first.sees("disconnected");
  unmount();
  const second = render(url, "ada");
  second.mount();
  await second.sees("connected");
  expect(users).toEqual(["ada", "ada"]);
  expect(
    Reflect.apply(Reflect.get(manager, "listeners"), manager, ["reconnect_attempt"]),
  ).toHaveLength(1);
});

/** The warnings of what a test does. */
async function warningsOf(run: () => Promise<void>): Promise<string[]> {
  const warn = spyOn(console, "warn").mockImplementation(() => {});
  try {
    await run();
    return warn.mock.calls.map(([text]) => String(text));
  } finally {
    warn.mockRestore();
  }
}

test("of components that give different auths at once, one counts, and a warning tells, once", async () => {
  const url = start();
  const warnings = await warningsOf(async () => {
    const [ada, bob] = [render(url, "ada"), render(url, "bob")];
    ada.mount();
    bob.mount();
    await ada.sees("connected");
    bob.rerender("bob");
    ada.rerender("ada");
    await bob.sees("connected");
  });
  expect(users).toHaveLength(1);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toStartWith(
    `useSocket("${url}"): a component gives an \`auth\` that is not used`,
  );
});

test("a component whose auth comes to a connection without one is told, too", async () => {
  const url = start();
  const warnings = await warningsOf(async () => {
    const first = render(url);
    first.mount();
    await first.sees("connected");
    const bob = render(url, "bob");
    bob.mount();
    await bob.sees("connected");
  });
  expect(users).toEqual([undefined]);
  expect(warnings).toHaveLength(1);
});

test("the same auth of several, or of one that takes over, is none to warn of", async () => {
  const url = start();
  const warnings = await warningsOf(async () => {
    const all = [render(url, "ada"), render(url), render(url, "ada")];
    const unmount = all.map((each) => each.mount());
    await all[0]?.sees("connected");
    const bob = render(url, "bob");
    for (const each of unmount) each();
    bob.mount();
    await bob.sees("connected");
  });
  expect(users).toEqual(["ada", "bob"]);
  expect(warnings).toEqual([]);
});

test("who comes behind a component that has become another user's gets a connection of its own", async () => {
  const url = start();
  const first = render(url, "ada");
  const unmount = first.mount();
  await first.sees("connected");
  first.rerender("bob"); // without a key: it keeps Ada's connection
  await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
  unmount();
  const second = render(url, "bob");
  second.mount();
  await second.sees("connected");
  expect(users).toEqual(["ada", "bob"]);
});

test("an auth that changes in the component whose it is counts when the connection comes back", async () => {
  const url = start();
  const warnings = await warningsOf(async () => {
    const ada = render(url, "ada");
    ada.mount();
    await ada.sees("connected");
    ada.rerender("ada, with a fresh token");
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
    const connection = new Promise((resolve) => io.once("connection", resolve));
    for (const session of Object.values(io.engine.clients)) session.close();
    await connection;
  });
  expect(users).toEqual(["ada", "ada, with a fresh token"]);
  expect(warnings).toEqual([]);
});
