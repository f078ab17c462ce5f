import { afterEach, describe, expect, test } from "bun:test";
import type { ServerOptions } from "bun-socket.io";
import { HOSTS } from "../support/hosts.ts";
import { exchange } from "../support/raw.ts";
import { requestWebSocket } from "../support/raw-websocket.ts";
import { REFERENCE } from "../support/reference.ts";
import { Wire } from "../support/wire.ts";

type Cookie = ServerOptions["cookie"];

const OPTIONS: readonly (readonly [string, Cookie])[] = [
  ["not set", undefined],
  ["false", false],
  ["true", true],
  ["all defaults", {}],
  ["another name", { name: "session" }],
  ["another path", { path: "/chat" }],
  ["readable to scripts", { httpOnly: false }],
  ["strict", { sameSite: "strict" }],
  ["for all sites", { sameSite: "none", secure: true, partitioned: true }],
  ["sameSite: true", { sameSite: true }],
  ["sameSite: false", { sameSite: false }],
  ["a domain and an age", { domain: "chat.example", maxAge: 3600, priority: "high" }],
  ["an end", { expires: new Date(Date.UTC(2030, 0, 2, 3, 4, 5)) }],
  ["an encoding of its own", { encode: (value) => `s.${encodeURIComponent(value)}` }],
];

for (const host of HOSTS) {
  describe(host.name, () => {
    const wires = { ours: new Wire(host), reference: new Wire(REFERENCE) };
    afterEach(async () => {
      await wires.ours.end();
      await wires.reference.end();
    });

    /** The cookies of a handshake, of what follows it, and of a WebSocket. */
    async function cookiesOf(wire: Wire, cookie: Cookie): Promise<(string | undefined)[]> {
      wire.start(cookie === undefined ? {} : { cookie });
      wire.engine.generateId = () => "the id/=;";
      const handshake = await exchange(wire.port, "GET", wire.path());
      const sid = "the id/=;";
      wire.session(sid).send("hello");
      const poll = await exchange(wire.port, "GET", wire.path({ sid }));
      const post = await exchange(wire.port, "POST", wire.path({ sid }), {}, "4hello");
      const error = await exchange(wire.port, "GET", wire.path({ transport: "none" }));
      wire.engine.generateId = () => "another";
      const path = wire.path({ transport: "websocket" });
      const { answer, connection } = await requestWebSocket(wire.port, path);
      connection.destroy();
      return [handshake, poll, post, error, answer].map(({ headers }) => headers["set-cookie"]);
    }

    test.each(OPTIONS)(
      "with cookie %s, it is the reference's, and in the handshake alone",
      async (_, cookie) => {
        const cookies = await cookiesOf(wires.ours, cookie);
        expect(cookies).toEqual(await cookiesOf(wires.reference, cookie));
        expect(cookies.slice(1)).toEqual([undefined, undefined, undefined, undefined]);
      },
    );

    test("the default attributes keep the id from scripts and other sites", async () => {
      const [cookie] = await cookiesOf(wires.ours, true);
      expect(cookie).toBe("io=the%20id%2F%3D%3B; Path=/; HttpOnly; SameSite=Lax");
    });
  });
}
