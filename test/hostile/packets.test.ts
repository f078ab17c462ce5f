// Packets of Socket.IO that were made to break a decoder, or what comes behind it.

import { describe, expect, test } from "bun:test";
import { ATTACK_TRANSPORTS, underSiege } from "../support/siege.ts";

const BYTES = new Uint8Array([1, 2, 3]);

underSiege({ options: { cleanupEmptyChildNamespaces: true } }, (siege) => {
  describe.each(ATTACK_TRANSPORTS)("over %s", (transport) => {
    test("a binary event that announces no attachment ends its session", () =>
      siege.refused(transport, ['450-["x"]', '42["y"]'], "Illegal attachments"));

    test("a binary event of too many attachments ends its session", () =>
      siege.refused(transport, ['45999999999-["x"]'], "too many attachments"));

    test.each(["-1", "1.5", "1e9999", "NaN", "0x1", "", "9".repeat(900_000)])(
      "a count of attachments that is none ends its session (%#)",
      async (count) => {
        const client = await siege.intrude(transport);
        await client.send(`45${count}-["x",{"_placeholder":true,"num":0}]`, '42["y"]');
        await client.closed;
        const { errors } = await siege.until(({ reasons }) => reasons.length > 0);
        expect(errors).toHaveLength(1);
      },
    );

    test("attachments that never come are waited for by their own session alone", async () => {
      const client = await siege.intrude(transport);
      await client.send('453-["echo",{"_placeholder":true,"num":0}]', BYTES);
      const { events } = await siege.until(({ sockets }) => sockets === 1);
      expect(events).toEqual([]);
      await client.send('42["y"]'); // in their place
      await client.closed;
      const { errors } = await siege.until(({ reasons }) => reasons.length > 0);
      expect(errors).toEqual(["got plaintext data when reconstructing a packet"]);
    });

    test.each(['"splice"', "-1", "1", "1e400", "null", "{}", '"__proto__"', "[0]"])(
      "a placeholder that leads to no attachment ends its session (%s)",
      async (num) => {
        const packet = `451-["echo",{"_placeholder":true,"num":${num}}]`;
        await siege.refused(transport, [packet, BYTES], "illegal attachments");
      },
    );

    test("a placeholder for a fraction of an attachment does no harm", async () => {
      const client = await siege.intrude(transport);
      await client.send(
        '4517["echo",{"_placeholder":true,"num":0.5},1]'.replace("17", "1-7"),
        BYTES,
      );
      expect(await client.next((packet) => packet.startsWith("43"))).toBe("437[null,1]");
    });

    test.each([
      '42["x",{"toString":"a","valueOf":"b","length":-1,"then":{}}]',
      '42[{"toString":1}]',
      '42[["x"]]',
      "42[null]",
      '42{"0":"x","length":1}',
      "430{}",
      "40[]",
      '40"x"',
      "40null",
      "4",
      "42",
      "45",
      "46-",
      "42/",
      "42/,",
      "42,",
      "42/x",
      "4\u0000",
      `42[${'"'.repeat(1001)}`,
      `42["x",${"9".repeat(5000)}]`,
      '42["x",1e99999]',
      "42 [",
    ])("what throws in a decoder ends its session at most (%#)", async (packet) => {
      const client = await siege.intrude(transport);
      await client.send(packet, '421["ask"]');
      const answered = client.next((each) => each.startsWith("431")).catch(() => null);
      await Promise.race([client.closed, answered]);
      const { errors, events, reasons } = await siege.until(
        (state) => state.reasons.length > 0 || state.events.includes("string ask"),
      );
      expect(errors.length + events.length + reasons.length).toBeGreaterThan(0);
    });

    test.each(["42", "421", "42/,", "421,"])(
      "an event without a name ends its session (%s)",
      async (packet) => {
        const client = await siege.intrude(transport);
        await client.send(packet);
        await client.closed;
        const { errors, events } = await siege.until(({ reasons }) => reasons.length > 0);
        expect([errors, events]).toEqual([["invalid payload"], []]);
      },
    );

    test.each([
      ["lists", "[", "]"],
      ["objects", '{"a":', "}"],
    ])("an event nested too deeply ends its session (%s)", async (_name, opener, closer) => {
      const depth = 100_000;
      const nested = `${opener.repeat(depth)}1${closer.repeat(depth)}`;
      await siege.refused(transport, [`42["relay",${nested}]`], "too deeply nested");
    });

    test("an event nested as deeply as it may be is sent on", async () => {
      const client = await siege.intrude(transport);
      const nested = `${"[".repeat(4_999)}${"]".repeat(4_999)}`;
      await client.send(`42["relay",${nested}]`);
      expect(await client.next((packet) => packet.startsWith("42"))).toBe(
        `42["relayed",${nested}]`,
      );
    });

    test("brackets in text are no nesting", async () => {
      const client = await siege.intrude(transport);
      const text = `${"[{".repeat(20_000)}\\"]`;
      await client.send(`427["echo","${text}"]`);
      expect(await client.next((packet) => packet.startsWith("43"))).toBe(`437["${text}"]`);
    });

    test.each(["9".repeat(400), "9007199254740993", "9".repeat(900_000)])(
      "a packet id that no number can hold ends its session (%#)",
      async (id) => {
        await siege.refused(transport, [`42${id}["ask"]`], "invalid packet id");
        await siege.refused(transport, [`43${id}[]`], "invalid packet id");
      },
    );

    test("names of Object's own members are names like any other", async () => {
      const client = await siege.intrude(transport);
      const polluting = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
      const names = ["__proto__", "constructor", "prototype", "hasOwnProperty", "toString"];
      for (const [index, name] of names.entries()) {
        await client.send(`42["${name}",${polluting}]`, `42["join","${name}"]`, `43${index}[]`);
        await client.send(`40/${name},${polluting}`, `40/dynamic-${name},${polluting}`);
        await client.next((packet) => packet.startsWith(`44/${name},`));
        await client.next((packet) => packet.startsWith(`40/dynamic-${name},`));
      }
      await client.send(`427["echo",${polluting}]`);
      expect(await client.next((packet) => packet.startsWith("43"))).toBe(`437[${polluting}]`);
      const { events, rooms } = await siege.until(({ rooms }) => rooms > names.length);
      for (const name of names) {
        expect(events).toContain(`string ${name}`);
      }
      expect(rooms).toBe(2 * names.length + 1);
    });

    test("prototype pollution by the auth of a CONNECT comes to nothing", async () => {
      const client = await siege.open(transport);
      await client.connect('40{"__proto__":{"polluted":1,"pid":"x","offset":"y"}}');
      const chat = '40/chat,{"constructor":{"prototype":{"polluted":1}},"pid":{},"offset":[]}';
      await client.send(chat);
      await client.next((packet) => packet.startsWith("40/chat,"));
    });

    test("tens of thousands of CONNECTs that nobody decides on cost time in proportion", async () => {
      const client = await siege.intrude(transport);
      // Where each costs as much as there are others, they take twenty seconds.
      const names = Array.from({ length: 65_000 }, (_, index) => `40/slow-${index.toString(36)},`);
      await client.send(...names);
      await client.send('427["ask"]');
      await client.next((packet) => packet.startsWith("43"));
      const { namespaces } = await siege.until(() => true);
      expect(namespaces).toBeGreaterThan(names.length);
    }, 15_000);

    test("tens of thousands of CONNECTs to no namespace are refused one by one", async () => {
      const client = await siege.intrude(transport);
      const names = Array.from({ length: 20_000 }, (_, index) => `40/none-${index.toString(36)},`);
      await client.send(...names);
      await client.next(
        (packet) => packet === `44/none-${(19_999).toString(36)},{"message":"Invalid namespace"}`,
      );
      await client.send('427["ask"]');
      await client.next((packet) => packet.startsWith("43"));
    }, 10_000);

    test("acknowledgements that nobody waits for are dropped", async () => {
      const client = await siege.intrude(transport);
      const acks = Array.from({ length: 20_000 }, (_, index) => `43${index}["x"]`);
      await client.send(...acks, '427["ask"]');
      await client.next((packet) => packet.startsWith("437"));
      const { events, errors } = await siege.until(() => true);
      expect([events, errors]).toEqual([["string ask"], []]);
    });
  });
});

underSiege({ isDeaf: true }, (siege) => {
  test.each(ATTACK_TRANSPORTS)(
    "an event named error, to which nobody listens, does nothing (%s)",
    async (transport) => {
      const client = await siege.intrude(transport);
      await client.send('42["error","x"]', '42["error"]', '421["ask"]');
      expect(await client.next((packet) => packet.startsWith("43"))).toBe('431["alive"]');
      await client.send("4garbage"); // and a packet error, to which nobody listens either
      await client.closed;
      const { reasons } = await siege.until(({ reasons }) => reasons.length > 0);
      expect(reasons).toEqual(["forced close"]);
    },
  );
});
