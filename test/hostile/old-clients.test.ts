// What can be done as a client of protocol 3.

import { expect, test } from "bun:test";
import { exchange } from "../support/raw.ts";
import { underSiege } from "../support/siege.ts";

underSiege({ options: { allowEIO3: true } }, (siege) => {
  async function open(): Promise<string> {
    const { body } = await exchange(siege.port, "GET", "/socket.io/?EIO=3&transport=polling");
    const { sid } = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));
    return `/socket.io/?EIO=3&transport=polling&sid=${sid}`;
  }

  const BODIES: Record<string, Buffer> = {
    "lengths of no digits": Buffer.alloc(300_000, 0xff),
    "a length of hundreds of digits": Buffer.concat([Buffer.alloc(320, 9), Buffer.from([255])]),
    "no end of a length": Buffer.alloc(300_000, 0),
    "a length beyond the body": Buffer.from([0, 9, 9, 9, 9, 9, 9, 255, 0x34]),
    "bytes that are no UTF-8": Buffer.from([0, 3, 255, 0x34, 0xc0, 0xc0]),
    "a type that there is not": Buffer.from([1, 1, 255, 9]),
    nothing: Buffer.alloc(0),
  };

  test.each(Object.entries(BODIES))(
    "a body of bytes of an old client that is no payload ends its session at most (%s)",
    async (_name, body) => {
      const path = await open();
      const response = await fetch(`${siege.victim.url}${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream" },
        body,
      });
      expect([200, 400]).toContain(response.status);
      await exchange(siege.port, "POST", path, { "Content-Type": "text/plain" }, "1:1");
    },
  );

  test.each([
    "1".repeat(300_000),
    "1:",
    "-1:4",
    "1e0:2",
    "0x1:2",
    "0:".repeat(100_000),
    "9:4",
    ":",
  ])(
    "a body of text of an old client that is no payload ends its session at most (%#)",
    async (body) => {
      const path = await open();
      await exchange(siege.port, "POST", path, { "Content-Type": "text/plain" }, body);
      await exchange(siege.port, "POST", path, { "Content-Type": "text/plain" }, "1:1");
    },
  );

  test("a callback of JSONP is a number, and nothing of a script", async () => {
    for (const j of ["%3C/script%3E", "alert(1)", "__proto__", "1;alert"]) {
      const path = `/socket.io/?EIO=3&transport=polling&j=${j}`;
      const { body } = await exchange(siege.port, "GET", path);
      expect(body).toMatch(/^___eio\[\d*\]\("/);
      const sid = /sid\\":\\"([^\\]+)/.exec(body)?.[1] ?? "";
      const close = `${path}&sid=${sid}`;
      const form = { "Content-Type": "application/x-www-form-urlencoded" };
      await exchange(siege.port, "POST", close, form, "d=1%3A1");
    }
  });
});
